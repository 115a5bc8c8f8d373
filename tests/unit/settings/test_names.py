"""Names, against the rules of those who will read them."""

import string

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from settings import names
from settings.aws import names as aws_names


@given(st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True))
def test_every_dns_label_is_accepted(name: str) -> None:
    assert names.is_dns_label(name)


@given(st.text(alphabet=string.printable, max_size=80))
def test_what_is_accepted_is_a_dns_label(name: str) -> None:
    allowed = set(string.ascii_lowercase + string.digits + "-")
    right = 0 < len(name) <= 63 and set(name) <= allowed and not name.startswith("-") and not name.endswith("-")
    assert names.is_dns_label(name) == right


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Abc",
        "a_b",
        "a.b",
        "-ab",
        "ab-",
        "xn--abc",
        "sthree-x",
        "x-s3alias",
        "x--ol-s3",
        "192.168.5.4",
        "",
    ],
)
def test_what_s3_refuses_is_refused(name: str) -> None:
    assert not aws_names.is_bucket_name(name)


ROLE_NAME = get_session().get_service_model("iam").shape_for("roleNameType").metadata


@given(st.text(alphabet=string.printable, min_size=1, max_size=70))
def test_role_names_follow_the_pattern_of_the_iam_api(name: str) -> None:
    longest = ROLE_NAME["max"]
    assert ROLE_NAME["pattern"] == r"[\w+=,.@-]+"
    allowed = set(string.ascii_letters + string.digits + "_+=,.@-")
    assert aws_names.is_iam_name(name) == (len(name) <= longest and set(name) <= allowed)
