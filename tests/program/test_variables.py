"""Variables in SQL files and settings: those that the stack file knows, and those that only the cloud does."""

from tests.program.recorder import ACCOUNT, DEV, Program, run, stack
from tests.stacks import changed, own

CONSUMER = "greeting-request-consumer"
STREAM = f"arn:aws:kinesis:eu-central-1:{ACCOUNT}:stream/greeting-request"
FLINK = {
    "env.java.opts": "-Da=${AWS_ACCOUNT_ID} -Db=${streams.greeting-request.arn} -Dc=${streams.greeting-request.name}",
    "x.place": "${AWS_PARTITION}/${BUCKET}/${AWS_REGION}",
    "x.other": "${secret} $.a.b $$",
}
CONNECTOR_5 = {
    f"jobs__{CONSUMER}__tables": ["workloads/greeting-request/consumer-tables-connector-5.sql"],
    f"jobs__{CONSUMER}__access__streams": {"greeting-request": "read-connector-5"},
    f"jobs__{CONSUMER}__flink": FLINK,
}


def template(program: Program, job: str) -> dict[str, object]:
    return program.one("vvp:index:Deployment", job).inputs["spec"]["template"]["spec"]


def statement(program: Program) -> str:
    return program.one("vvp:index:SqlObject", "default/vvp.default.greeting_request_consumer").inputs["statement"]


def test_tables_of_connector_5_need_no_typed_account() -> None:
    program = stack(**CONNECTOR_5)
    assert f"'stream.arn' = '{STREAM}'" in statement(program)
    assert "'aws.region' = 'eu-central-1'" in statement(program)


def test_a_preview_shows_them_too() -> None:
    program = run(changed(DEV, **own(CONNECTOR_5)), preview=True)
    assert f"'stream.arn' = '{STREAM}'" in statement(program)


def test_settings_have_them_and_nothing_else_is_touched() -> None:
    flink = template(stack(**CONNECTOR_5), CONSUMER)["flinkConfiguration"]
    assert isinstance(flink, dict)
    assert {key: flink[key] for key in FLINK} == {
        "env.java.opts": f"-Da={ACCOUNT} -Db={STREAM} -Dc=greeting-request",
        "x.place": "aws/vvp-blob-storage/eu-central-1",
        "x.other": "${secret} $.a.b $$",
    }


def test_a_jars_place_and_arguments_have_them() -> None:
    uri, arguments = "s3://${BUCKET}/artifacts/a.jar", "--stream ${streams.greeting-request.arn}"
    program = stack(jobs__packed={"jar": {"uri": uri, "arguments": arguments}})
    artifact = template(program, "packed")["artifact"]
    assert artifact == {
        "kind": "JAR",
        "jarUri": "s3://vvp-blob-storage/artifacts/a.jar",
        "mainArgs": f"--stream {STREAM}",
    }
    policy = program.one("aws:iam/policy:Policy", "packed").inputs["policy"]
    assert '"arn:aws:s3:::vvp-blob-storage/artifacts/a.jar"' in policy
