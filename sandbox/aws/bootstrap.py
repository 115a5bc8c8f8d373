"""The IAM user who runs Pulumi in the sandbox, made at the first start.

AWS accounts begin with a root user that nobody should work with; the sandbox has only this administrator.
"""

import json
from typing import Any

from sandbox import layout
from sandbox.aws import emulator

USER = "platform-engineer"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def ensure_administrator(account: str) -> None:
    """Makes the user, its policy and its access key, as far as they are missing, and writes the key down.

    The file of credentials is the truth: where the emulator's state was lost, the same key is made known again.

    Args:
        account: twelve digits.
    """
    iam = emulator.service("iam")
    with emulator.core("responses").request_scope(account, emulator.FALLBACK_REGION):
        if USER not in iam._users:
            _call(iam._create_user, UserName=USER)
        _call(iam._put_user_policy, UserName=USER, PolicyName="administrator", PolicyDocument=json.dumps(POLICY))
        known = _read()
        if known is None or known["access_key_id"] not in iam._access_keys:
            _set_key(iam, known)


def _set_key(iam: Any, known: dict[str, str] | None) -> None:
    for key_id in [key_id for key_id, key in iam._access_keys.items() if key["UserName"] == USER]:
        iam._access_keys.pop(key_id)
    _call(iam._create_access_key, UserName=USER)
    key_id = next(key_id for key_id, key in iam._access_keys.items() if key["UserName"] == USER)
    record = iam._access_keys.pop(key_id)
    if known is None:
        known = {"access_key_id": key_id, "secret_access_key": record["SecretAccessKey"]}
        layout.write_atomically(layout.credentials_file(), json.dumps(known, indent=2) + "\n", mode=0o600)
    record |= {"AccessKeyId": known["access_key_id"], "SecretAccessKey": known["secret_access_key"]}
    iam._access_keys[known["access_key_id"]] = record


def _read() -> dict[str, str] | None:
    try:
        known: dict[str, str] = json.loads(layout.credentials_file().read_text())
    except FileNotFoundError:
        return None
    return known


def _call(action: Any, **parameters: str) -> None:
    status, _, body = action({name: [value] for name, value in parameters.items()})
    if status >= 400:
        raise RuntimeError(f"the sandbox's administrator could not be made: {body.decode()}")
