"""Started by the engine through `pulumi-resource-eks`; the engine's address is the first argument."""

from provider_kit import serve_components
from sandbox.plugins.eks.provider import EksProvider

serve_components(EksProvider())
