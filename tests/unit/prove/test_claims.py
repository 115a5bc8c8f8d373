"""What the proof expects of a stack file, how it judges, and its picture; nothing is called here."""

import datetime
import json
from html.parser import HTMLParser
from typing import Any, cast

import jwt
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa

from grants.verbs import StreamVerb
from prove import forged_tokens as forge
from prove.api_server import Answered
from prove.aws import verbs as meaning
from prove.aws.claims import INTRUDERS, PREFIX, ROLE, AwsClaims
from prove.aws.client import TOKEN_REFUSALS, tried
from prove.aws.cloud import AwsCloud
from prove.claims import RUN, Expected, pod_admitted
from prove.page import page
from prove.table import summary
from prove.verdicts import POD, Claim, Outcome, Row, Verdict
from settings.aws.stack_file import AwsStackFile
from settings.check import Settings, check
from tests.stacks import changed, own, stack_file

CONSUMER, PRODUCER, PLATFORM = (
    "vvp/greeting-request-consumer",
    "vvp/greeting-request-producer",
    "vvp/ververica-platform",
)
Question = tuple[str, str, str]


def expected(*strangers: str, **changes: Any) -> Expected:
    found = settings(**changes)
    return Expected(found, AwsCloud(found, {}, None), strangers)


def settings(**changes: Any) -> Settings[AwsStackFile]:
    return cast("Settings[AwsStackFile]", check(changed(stack_file(), **own(changes))))


def allowed(found: Expected) -> set[Question]:
    return {(claim.subject, claim.action, claim.target) for claim in found.claims() if claim.allowed}


def test_the_articles_two_jobs_have_exactly_their_verbs_and_their_prefix() -> None:
    may = allowed(expected())
    on_stream = {(who, action) for who, action, target in may if target == "greeting-request"}
    assert on_stream == {
        (CONSUMER, "kinesis:ListShards"),
        (CONSUMER, "kinesis:GetShardIterator"),
        (CONSUMER, "kinesis:GetRecords"),
        (CONSUMER, "kms:Decrypt"),
        (PRODUCER, "kinesis:PutRecords"),
        (PRODUCER, "kms:GenerateDataKey"),
    }
    for who in (CONSUMER, PRODUCER):
        own = f"jobs/{who.split('/')[1]}/"
        assert {target for subject, action, target in may if subject == who and action == "s3:GetObject"} == {own}
    assert {target for who, action, target in may if who == PLATFORM and action == "s3:GetObject"} == {
        "",
        "artifacts/",
        "jobs/",
        "jobs/greeting-request-consumer/",
        "jobs/greeting-request-producer/",
    }


def test_shared_gives_every_job_what_the_platform_has_of_the_bucket() -> None:
    for access in ("least", "all-s3-actions"):
        may = allowed(expected(blobStorage__jobAccess="shared", blobStorage__platformAccess=access))

        def of(who: str, may: set[Question] = may) -> set[tuple[str, str]]:
            return {(action, target) for subject, action, target in may if subject == who and action.startswith("s3:")}

        assert of(CONSUMER) == of(PRODUCER) == of(PLATFORM)
        assert (("s3:GetBucketPolicy", "vvp-blob-storage") in of(CONSUMER)) == (access == "all-s3-actions")


def test_a_prefix_covers_what_lies_under_it_and_nothing_beside_it() -> None:
    access = meaning.Access(prefixes={"reports/": meaning.READ, "reports/daily/": meaning.WRITE})
    assert access.on_prefix("reports/daily/", "GetObject")
    assert access.on_prefix("reports/daily/", "PutObject")
    assert not access.on_prefix("reports/", "PutObject")
    assert not access.on_prefix("reports-of-others/", "GetObject")
    assert not access.on_prefix("", "ListObjectsV2")


def test_no_verb_manages_a_stream_and_each_has_its_calls() -> None:
    for verb in StreamVerb:
        assert not meaning.STREAM_CALLS[verb] & meaning.NEVER_ON_STREAMS
    assert meaning.STREAM_CALLS[StreamVerb.READ_CONNECTOR_5] - meaning.POLLING == {"DescribeStreamSummary"}
    assert "GetRecords" not in meaning.STREAM_CALLS[StreamVerb.WRITE]


def test_an_unencrypted_stream_has_no_key() -> None:
    found = AwsClaims(settings(streams={"greeting-request": {"encrypted": False}}))
    assert found.keys == [meaning.BUCKET_KEY]


def test_roles_are_their_accounts_own_by_the_stacks_exchange_only() -> None:
    for kind, exchange in (
        ("irsa", "sts:AssumeRoleWithWebIdentity"),
        ("pod-identity", "eks-auth:AssumeRoleForPodIdentity"),
    ):
        claims = [
            claim
            for claim in expected(identity__kind=kind, runtime__kinesisLegacySdk="1.12.779").claims()
            if claim.kind == ROLE
        ]
        assert {(claim.subject, claim.action, claim.target) for claim in claims if claim.allowed} == {
            (who, exchange, f"vvp-{who.split('/')[1]}") for who in (CONSUMER, PRODUCER, PLATFORM)
        }
        assert sum(claim.subject.startswith(INTRUDERS) for claim in claims) == len(INTRUDERS) * 3


def test_strangers_and_default_accounts_may_nothing_with_aws() -> None:
    found = expected("vvp/stranger")
    claims = [claim for claim in found.claims() if claim.subject in ("vvp/stranger", "vvp/default")]
    assert {claim.kind for claim in claims if claim.allowed} == {POD}


@pytest.mark.parametrize(
    ("account", "label", "admitted"),
    [
        ("job", "job", True),
        ("job", None, False),
        ("job", "", False),
        ("job", "other", False),
        ("other", "job", False),
        ("default", None, True),
        ("default", "", False),
        ("default", "job", False),
        ("platform", None, False),
        ("platform", "platform", False),
        ("platform", "job", False),
    ],
)
def test_pods_wear_their_own_deployments_account(account: str, label: str | None, admitted: bool) -> None:
    guarded = frozenset({"job", "other"})
    assert pod_admitted(account, label, platform="platform", guarded=guarded) is admitted


def test_each_job_of_its_own_namespace_is_tried_there_with_every_label() -> None:
    found = expected(platform__layout="namespace-per-job")
    assert found.namespaces == ["greeting-request-consumer", "greeting-request-producer", "vvp"]
    pods = [claim for claim in found.claims() if claim.kind == POD and claim.action == RUN]
    own = [claim for claim in pods if claim.subject == "greeting-request-consumer/greeting-request-consumer"]
    assert {claim.target for claim in own if claim.allowed} == {"greeting-request-consumer"}
    assert len(own) == len(found.labels)


def test_no_claim_is_made_twice() -> None:
    for layout in ("shared-namespace", "namespace-per-job"):
        claims = expected(platform__layout=layout, admission__reservedAccounts=["another"]).claims()
        questions = [(claim.subject, claim.action, claim.kind, claim.resource) for claim in claims]
        assert len(questions) == len(set(questions))


@pytest.mark.parametrize(
    ("says", "seen", "verdict", "word"),
    [
        (True, True, Verdict.ALLOWED, ""),
        (False, False, Verdict.REFUSED, ""),
        (False, True, Verdict.HOLE, "HOLE: vvp/a can s3:GetObject jobs/b/…; the stack file does not say so"),
        (True, False, Verdict.LOST, "LOST: vvp/a cannot s3:GetObject jobs/b/…"),
        (False, None, Verdict.UNCLEAR, "UNCLEAR: vvp/a"),
    ],
)
def test_expected_beside_observed(says: bool, seen: bool | None, verdict: Verdict, word: str) -> None:
    row = one(says, seen)
    assert row.verdict is verdict
    assert row.agrees == (not word)
    assert row.sentence.startswith(word)
    assert {"subject", "action", "resource", "expected", "observed", "detail"} <= set(row.as_json())


def one(says: bool, seen: bool | None, detail: str = "") -> Row:
    return Row(Claim("vvp/a", "s3:GetObject", PREFIX, "jobs/b/", says, "jobs/b/…"), Outcome(seen, detail))


def test_an_error_that_is_no_refusal_proves_nothing() -> None:
    def fails(code: str, message: str = "m") -> Outcome:
        def call() -> None:
            raise ClientError({"Error": {"Code": code, "Message": message}}, "GetRecords")

        return tried(call)

    assert fails("AccessDeniedException").allowed is False
    assert fails("ResourceNotFoundException").allowed is None
    assert fails("InternalFailure").allowed is None
    assert "ResourceNotFoundException" in TOKEN_REFUSALS
    assert tried(lambda: None).allowed is True
    assert "eyJ" not in fails("InternalFailure", "bad eyJhbGc.eyJpc3M.sig-1 there").detail
    assert Answered(403, "forbidden").refused
    assert Answered(400, 'admission webhook "x" denied the request: no').refused
    assert not Answered(404, "not found").refused
    assert not Answered(500, "failed calling webhook").refused


class Reader(HTMLParser):
    """Counts cells by class and keeps what would lead out of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.leaving: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "td" and values.get("title"):
            self.cells.append((values["class"] or "").split()[0])
        self.leaving += [f"{tag} {name}" for name in values if name in ("src", "href", "action")]


def test_the_picture_colours_by_the_worst_and_leads_nowhere() -> None:
    rows = [one(False, True), one(True, True)]
    drawn = page("dev", datetime.datetime(2030, 1, 2, tzinfo=datetime.UTC), rows)
    reader = Reader()
    reader.feed(drawn)
    assert reader.cells == ["hole"]
    assert not reader.leaving
    assert "@import" not in drawn
    assert "url(" not in drawn
    assert "02 January 2030" in drawn


def test_the_picture_shows_what_a_server_said_as_text() -> None:
    drawn = page("dev", datetime.datetime.now(), [one(True, False, "<script>alert(1)</script>")])
    assert "<script" not in drawn


def test_the_summary_counts() -> None:
    text = summary([one(False, True), one(True, True), one(False, False)], 1.2)
    assert text == "2 of 3 rows agree (1 allowed, 1 refused); 1 hole, 0 lost, 0 unclear; 1 s"


def test_forged_tokens_differ_from_the_real_one_where_they_say() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {
        "iss": "https://issuer.example/id/1",
        "sub": "system:serviceaccount:vvp:a",
        "aud": ["x"],
        "exp": 4102444800,
    }
    real = jwt.encode(claims, key, "RS256", headers={"kid": "k"})
    foreign = forge.other_cluster(real)
    assert forge.claims_of(foreign) == claims
    assert jwt.get_unverified_header(foreign)["kid"] == "k"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(foreign, key.public_key(), ["RS256"], audience="x")
    assert jwt.get_unverified_header(forge.unsigned(real))["alg"] == "none"
    assert forge.claims_of(forge.changed(real, "other"))["sub"] == "other"
    assert forge.changed(real, "other").rpartition(".")[2] == real.rpartition(".")[2]
    assert json.dumps(forge.claims_of(real)) == json.dumps(claims)
