"""Access keys: a wrong secret, keys that nobody gave out, and a session without its token are refused."""

import json

import pytest

from tests.sandbox.cloud_calls import refusal
from tests.sandbox.cloud_fixtures import ACCOUNT
from tests.sandbox.token_world import World

pytestmark = pytest.mark.sandbox


def test_a_wrong_secret_is_refused(world: World) -> None:
    known = json.loads((world.cloud.state / "credentials.json").read_text())
    wrong = {"AccessKeyId": known["access_key_id"], "SecretAccessKey": "x" * 40}
    assert refusal(lambda: world.cloud.client("sts", wrong).get_caller_identity())[0] == "SignatureDoesNotMatch"


@pytest.mark.parametrize("key", ["test", ACCOUNT, "AKIAIOSFODNN7EXAMPLE"])
def test_nobody_is_root(world: World, key: str) -> None:
    nobody = world.cloud.client("sts", {"AccessKeyId": key, "SecretAccessKey": key})
    assert refusal(nobody.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_without_its_token_is_refused(world: World) -> None:
    credentials = world.exchange(world.token())["Credentials"]
    assert world.cloud.client("sts", credentials).get_caller_identity()
    stolen = {key: credentials[key] for key in ("AccessKeyId", "SecretAccessKey")}
    assert refusal(lambda: world.cloud.client("sts", stolen).get_caller_identity())[0] == "InvalidClientTokenId"
