"""`python -m settings check Pulumi.dev.yaml …`: checks stack files without an engine."""

import argparse
import sys
from pathlib import Path

from settings.check import check
from settings.faults import SettingsError
from settings.yaml_file import config_of


def main() -> int:
    """Checks the files named on the command line.

    Returns:
        0 if all are without faults, else 1; the faults have been printed.
    """
    parser = argparse.ArgumentParser(prog="python -m settings", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("check", help="print every fault of stack files, each with key, found and right")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="as Pulumi.dev.yaml")
    status = 0
    for file in parser.parse_args().files:
        try:
            remarks = check(config_of(file)).remarks
        except SettingsError as error:
            print(f"{file}: {error}", file=sys.stderr)
            status = 1
        else:
            print("\n  ".join([f"{file}: no fault", *remarks]))
    return status


if __name__ == "__main__":
    sys.exit(main())
