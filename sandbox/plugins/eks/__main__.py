"""Started by the engine through `pulumi-resource-eks`; the engine's address is the first argument."""

import sys

from pulumi.provider import main

from sandbox.plugins.eks.provider import EksProvider

main(EksProvider(), sys.argv[1:])
