"""Jobs as code: what one entry of the stack file becomes, with both layouts and both kinds of blob access."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from components.ververica.jobs import CHECKSUM
from grants.iam_documents import LONGEST
from tests.program.recorder import ACCOUNT, ISSUER, RELEASE, Program, run, stack
from tests.stacks import ROOT, changed, stack_file

CONSUMER, PRODUCER = "greeting-request-consumer", "greeting-request-producer"
STREAM = f"arn:aws:kinesis:eu-central-1:{ACCOUNT}:stream/greeting-request"
BUCKET = "arn:aws:s3:::vvp-blob-storage"
TABLES = {
    CONSUMER: {f"default/vvp.default.greeting_request_{name}" for name in ("consumer", "blackhole")},
    PRODUCER: {f"default/vvp.default.greeting_request_{name}" for name in ("producer", "datagen")},
}
VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]

POLLING = ("kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords")


def statements(program: Program, policy: str) -> dict[str, dict[str, Any]]:
    """A policy's statements by id."""
    document = json.loads(program.one("aws:iam/policy:Policy", policy).inputs["policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_seed_aws_kinesis_create_stream(dev: Program) -> None:
    stream = dev.one("aws:kinesis/stream:Stream").inputs
    assert (stream["name"], stream["shardCount"]) == ("greeting-request", 1)
    assert stream["streamModeDetails"] == {"streamMode": "PROVISIONED"}
    assert (stream["encryptionType"], stream["retentionPeriod"]) == ("KMS", 24)


def test_a_stream_without_shards_is_on_demand() -> None:
    program = stack(streams={"greeting-request": {"retentionHours": 48, "encrypted": False}})
    stream = program.one("aws:kinesis/stream:Stream").inputs
    assert "shardCount" not in stream
    assert stream["streamModeDetails"] == {"streamMode": "ON_DEMAND"}
    assert (stream["encryptionType"], stream["retentionPeriod"]) == ("NONE", 48)


def test_seed_vvp_policy_greeting_request_consumer_json(dev: Program) -> None:
    found = statements(dev, CONSUMER)
    read = found["ReadPollingStreams"]
    assert set(read["Action"]) == {"kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"}
    assert read["Resource"] == [STREAM]
    assert found["DecryptStreams"]["Action"] == ["kms:Decrypt"]


def test_seed_vvp_policy_greeting_request_producer_json(dev: Program) -> None:
    found = statements(dev, PRODUCER)
    assert found["WriteStreams"]["Action"] == ["kinesis:PutRecords"]
    assert found["WriteStreams"]["Resource"] == [STREAM]
    assert found["EncryptStreams"]["Action"] == ["kms:GenerateDataKey"]


@pytest.mark.parametrize(
    ("verb", "calls"),
    [
        ("read-connector-5", {*POLLING, "kinesis:DescribeStreamSummary"}),
        ("read-polling-4.2", {*POLLING, "kinesis:DescribeStream"}),
        (
            "read-fan-out",
            {
                "kinesis:ListShards",
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:RegisterStreamConsumer",
                "kinesis:DeregisterStreamConsumer",
                "kinesis:DescribeStreamConsumer",
                "kinesis:SubscribeToShard",
            },
        ),
    ],
)
def test_each_way_to_read_has_what_its_connector_calls(verb: str, calls: set[str]) -> None:
    changes: dict[str, Any] = {f"jobs__{CONSUMER}__access__streams": {"greeting-request": verb}}
    if verb == "read-fan-out":
        changes[f"jobs__{CONSUMER}__tables"] = ["tests/sandbox/workloads/fan-out-tables.sql"]
    program = stack(**changes)
    actions = {action for statement in statements(program, CONSUMER).values() for action in statement["Action"]}
    kinesis = {action for action in actions if action.startswith("kinesis:")}
    assert kinesis == calls


def test_a_job_reaches_its_own_prefix_only(dev: Program) -> None:
    found = statements(dev, CONSUMER)
    assert found["ReadBlobs"]["Resource"] == found["WriteBlobs"]["Resource"] == [f"{BUCKET}/jobs/{CONSUMER}/*"]
    listing = found["ListBlobs"]
    assert listing["Resource"] == BUCKET
    assert listing["Condition"] == {"StringLike": {"s3:prefix": [f"jobs/{CONSUMER}/*", f"jobs/{CONSUMER}"]}}
    assert not [s for s in found.values() if {"*", f"{BUCKET}/*"} & set(s["Resource"])]
    flink = deployment(dev, CONSUMER)["template"]["spec"]["flinkConfiguration"]
    assert flink["state.checkpoints.dir"] == f"s3://vvp-blob-storage/jobs/{CONSUMER}/checkpoints"
    assert {"state.savepoints.dir", "high-availability.storageDir"} < set(flink)


def test_seed_shared_blob_storage_must_be_asked_for() -> None:
    program = stack(blobStorage__jobAccess="shared")
    attached = program.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"{CONSUMER}-vvp-blob-storage")
    assert attached.inputs["policyArn"] == f"arn:aws:iam::{ACCOUNT}:policy/vvp-blob-storage"
    assert set(statements(program, CONSUMER)) == {"ReadPollingStreams", "DecryptStreams"}
    assert deployment(program, CONSUMER)["template"]["spec"]["flinkConfiguration"] == {}


def test_further_prefixes_are_granted_by_verb() -> None:
    blobs = {"reports/": "read", "out/": "read-write"}
    found = statements(stack(**{f"jobs__{CONSUMER}__access__blobs": blobs}), CONSUMER)
    own = f"{BUCKET}/jobs/{CONSUMER}/*"
    assert found["ReadBlobs"]["Action"] == ["s3:GetObject"]
    assert found["ReadBlobs"]["Resource"] == [own, f"{BUCKET}/out/*", f"{BUCKET}/reports/*"]
    assert "s3:GetObject" not in found["WriteBlobs"]["Action"]
    assert found["WriteBlobs"]["Resource"] == [own, f"{BUCKET}/out/*"]
    listed = found["ListBlobs"]["Condition"]["StringLike"]["s3:prefix"]
    assert listed == [f"jobs/{CONSUMER}/*", f"jobs/{CONSUMER}", "out/*", "out", "reports/*", "reports"]


def test_streams_of_one_verb_share_a_statement() -> None:
    names = [f"s-{index}" for index in range(15)]
    program = stack(
        streams={name: {} for name in names} | {"greeting-request": {"shards": 1}},
        **{f"jobs__{PRODUCER}__access__streams": dict.fromkeys(names, "read-fan-out") | {"greeting-request": "write"}},
    )
    found = statements(program, PRODUCER)
    assert len(found["ReadFanOutStreams"]["Resource"]) == len(names)
    assert len(found["StreamConsumers"]["Resource"]) == len(names)
    assert found["WriteStreams"]["Resource"] == [STREAM]
    policy = program.one("aws:iam/policy:Policy", PRODUCER).inputs["policy"]
    assert len(policy) <= LONGEST


@pytest.mark.parametrize("job", [CONSUMER, PRODUCER])
def test_seed_vvp_trust_relationship_of_the_jobs(dev: Program, job: str) -> None:
    role = dev.one("aws:iam/role:Role", job).inputs
    assert role["name"] == f"vvp-{job}"
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert statement["Condition"]["StringEquals"][f"{ISSUER}:sub"] == f"system:serviceaccount:vvp:{job}"


@pytest.mark.parametrize("job", [CONSUMER, PRODUCER])
def test_seed_vvp_rbac_of_the_jobs(dev: Program, job: str) -> None:
    account = dev.one("kubernetes:core/v1:ServiceAccount", job).inputs["metadata"]
    assert account["annotations"] == {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/vvp-{job}"}
    # Nothing turns Flink's leader election on, so nobody may write ConfigMaps.
    assert job not in {r.name for r in dev.of("kubernetes:rbac.authorization.k8s.io/v1:Role")}


@pytest.mark.parametrize(
    ("key", "value", "elects"),
    [
        ("high-availability", "kubernetes", True),
        ("high-availability", "vvp-kubernetes", True),
        ("high-availability.type", "kubernetes", True),
        ("high-availability", "org.apache.flink.kubernetes.highavailability.KubernetesHaServicesFactory", True),
        ("high-availability.type", "zookeeper", False),
        ("high-availability.type", "NONE", False),
        ("taskmanager.numberOfTaskSlots", "2", False),
    ],
)
def test_a_job_that_elects_a_leader_by_kubernetes_may_write_configmaps(key: str, value: str, elects: bool) -> None:
    program = stack(**{f"jobs__{CONSUMER}__flink": {key: value}})
    roles = {r.name: r.inputs["rules"] for r in program.of("kubernetes:rbac.authorization.k8s.io/v1:Role")}
    assert PRODUCER not in roles
    assert roles.get(CONSUMER) == (
        [{"apiGroups": [""], "resources": ["configmaps"], "verbs": VERBS}] if elects else None
    )
    if elects:
        binding = program.one("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", CONSUMER).inputs
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": CONSUMER, "namespace": "vvp"}]


def test_seed_vvp_catalog_statements(dev: Program) -> None:
    made = {r.name: r.inputs["statement"] for r in dev.of("vvp:index:SqlObject")}
    names = {"consumer", "blackhole", "datagen", "producer"}
    assert set(made) == {f"default/vvp.default.greeting_request_{name}" for name in names}
    assert "'aws.region' = 'eu-central-1'" in made["default/vvp.default.greeting_request_producer"]


def deployment(program: Program, job: str) -> dict[str, Any]:
    return program.one("vvp:index:Deployment", job).inputs["spec"]


@pytest.mark.parametrize("job", [CONSUMER, PRODUCER])
def test_seed_vvp_deployment_json(dev: Program, job: str) -> None:
    spec = deployment(dev, job)
    assert (spec["deploymentTargetName"], spec["state"]) == ("vvp", "RUNNING")
    artifact = spec["template"]["spec"]["artifact"]
    assert artifact["kind"] == "SQLSCRIPT"
    assert artifact["sqlScript"].startswith("INSERT INTO greeting_request_")
    templates = spec["template"]["spec"]["kubernetes"]
    for template in ("jobManagerPodTemplate", "taskManagerPodTemplate"):
        assert templates[template]["spec"] == {"containers": [], "serviceAccountName": job}


@pytest.mark.parametrize("job", [CONSUMER, PRODUCER])
def test_a_deployment_waits_for_its_tables_its_grants_and_the_rule(dev: Program, job: str) -> None:
    waits = dev.one("vvp:index:Deployment", job).depends_on
    used = TABLES[job]
    assert {r.name for r in dev.of("vvp:index:SqlObject") if r.urn in waits} == used
    assert dev.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"{job}-vvp-{job}").urn in waits
    assert dev.one("kubernetes:policies.kyverno.io/v1:ValidatingPolicy").urn in waits


def checksum(program: Program, job: str) -> str:
    pods = deployment(program, job)["template"]["spec"]["kubernetes"]
    (found,) = {pods[f"{pod}PodTemplate"]["metadata"]["annotations"][CHECKSUM] for pod in ("jobManager", "taskManager")}
    return found


def checksums(folder: Path, **files: str) -> dict[str, str]:
    """Each job's annotation, with other table files."""
    changes: dict[str, Any] = {}
    for job, text in files.items():
        (folder / f"{job}.sql").write_text(text)
        changes[f"jobs__greeting-request-{job}__tables"] = [str(folder / f"{job}.sql")]
    program = stack(**changes)
    return {job: checksum(program, job) for job in TABLES}


def test_a_changed_table_changes_the_template_of_the_jobs_that_use_it_only(dev: Program) -> None:
    before = {job: checksum(dev, job) for job in TABLES}
    with TemporaryDirectory(dir=ROOT) as folder:
        text = (ROOT / "workloads/greeting-request/producer-tables.sql").read_text()
        same = checksums(Path(folder), producer=text.replace("CREATE TABLE", "create  table /* again */"))
        assert same == before
        other = checksums(Path(folder), producer=text.replace("'10'", "'20'"))
    assert other[PRODUCER] != before[PRODUCER]
    assert other[CONSUMER] == before[CONSUMER]


def test_the_rule_reserves_the_accounts_of_the_jobs(dev: Program) -> None:
    rules = dev.one("kubernetes:policies.kyverno.io/v1:ValidatingPolicy").inputs["spec"]["validations"]
    assert any(f"!(variables.account in ['{CONSUMER}', '{PRODUCER}'])" in rule["expression"] for rule in rules)


def test_seed_namespace_per_use_case() -> None:
    program = stack(platform__layout="namespace-per-job")
    namespaces = {r.inputs["metadata"]["name"] for r in program.of("kubernetes:core/v1:Namespace")}
    assert namespaces == {"vvp", "kyverno", CONSUMER, PRODUCER}
    assert {r.inputs["name"] for r in program.of("vvp:index:Namespace")} == {CONSUMER, PRODUCER}
    for job in (CONSUMER, PRODUCER):
        target = program.one("vvp:index:DeploymentTarget", job).inputs
        assert (target["kubernetesNamespace"], target["namespace"]) == (job, job)
        assert program.one("vvp:index:Deployment", job).inputs["namespace"] == job
        assert program.one("kubernetes:core/v1:ServiceAccount", job).inputs["metadata"]["namespace"] == job
        trust = program.one("aws:iam/role:Role", job).inputs["assumeRolePolicy"]
        assert f"system:serviceaccount:{job}:{job}" in trust
        binding = program.one("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", f"{job}-platform").inputs
        assert binding["metadata"]["namespace"] == job
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "ververica-platform", "namespace": "vvp"}]


def test_a_jar_and_its_desired_state() -> None:
    jar = {"uri": "s3://vvp-blob-storage/jars/job.jar", "entryClass": "com.example.Job"}
    spec = deployment(stack(jobs__jarred={"jar": jar, "state": "suspended", "parallelism": 3}), "jarred")
    assert spec["state"] == "SUSPENDED"
    assert spec["template"]["spec"]["parallelism"] == 3
    artifact = {"kind": "JAR", "jarUri": jar["uri"], "entryClass": jar["entryClass"]}
    assert spec["template"]["spec"]["artifact"] == artifact


def test_a_job_reads_its_jar_and_nothing_beside_it() -> None:
    program = stack(jobs__jarred={"jar": {"uri": "s3://vvp-blob-storage/jars/job.jar"}})
    found = statements(program, "jarred")
    assert found["ReadBlobs"]["Resource"] == [f"{BUCKET}/jobs/jarred/*", f"{BUCKET}/jars/job.jar"]
    assert found["WriteBlobs"]["Resource"] == [f"{BUCKET}/jobs/jarred/*"]
    assert not [prefix for prefix in found["ListBlobs"]["Condition"]["StringLike"]["s3:prefix"] if "jars" in prefix]


def test_jdbc_token_reaches_the_provider_as_a_secret() -> None:
    config = changed(
        stack_file(),
        **{"vvp:platform__acceptCommunityEditionLicense": False, "vvp:license": "l", "vvp:apiToken": "geheim"},
    )
    provider = run(config, "vvp:license", "vvp:apiToken").one("pulumi:providers:vvp", "vvp")
    assert {"token", "kubeconfig"} <= provider.secrets


@pytest.mark.parametrize("layout", ["shared-namespace", "namespace-per-job"])
def test_a_stack_without_jobs_has_a_platform_all_the_same(layout: str) -> None:
    program = stack(jobs={}, platform__layout=layout)
    assert program.one(RELEASE, "vvp")
    assert not program.of("vvp:index:Deployment")
