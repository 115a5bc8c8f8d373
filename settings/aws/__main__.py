"""`python -m settings.aws --account 111122223333 --to policies Pulumi.dev.yaml`: what the deployer of a stack needs.

Writes the policies of the person who deploys, each as a file that `aws iam create-policy` takes.
"""

import argparse
import json
import sys
from pathlib import Path

from settings.aws.deployer import ACCOUNT, policies
from settings.aws.stack_file import AwsStackFile
from settings.check import check
from settings.faults import SettingsError
from settings.yaml_file import config_of


def main() -> int:
    """Writes the policies of one stack file.

    Returns:
        0 if they are written, else 1; the reason has been printed.
    """
    parser = argparse.ArgumentParser(prog="python -m settings.aws", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="the stack file, as Pulumi.dev.yaml")
    parser.add_argument("--account", required=True, help="the AWS account, twelve digits")
    parser.add_argument("--to", required=True, type=Path, metavar="FOLDER", help="where the files go")
    given = parser.parse_args()
    if not ACCOUNT.fullmatch(given.account):
        parser.error(f"--account: found {given.account}; right is an AWS account, twelve digits")
    try:
        file = check(config_of(given.file)).file
    except SettingsError as error:
        print(f"{given.file}: {error}", file=sys.stderr)
        return 1
    if not isinstance(file, AwsStackFile):
        print(f"{given.file}: found a stack on another cloud; right is one on AWS", file=sys.stderr)
        return 1
    given.to.mkdir(parents=True, exist_ok=True)
    for name, document in policies(file, given.file.stem.removeprefix("Pulumi."), given.account).items():
        path = given.to / f"{name}.json"
        path.write_text(json.dumps(document, indent=2) + "\n")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
