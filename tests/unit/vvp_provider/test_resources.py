"""The provider's resources against a platform in memory, whose checks are the client's own and the platform's."""

from typing import Any

import pytest

from provider_kit import UNKNOWN, CheckFailed, InitFailed, PluginError
from tests.unit.vvp_provider.fake_platform import FakePlatform, as_described, of_the_client
from tests.unit.vvp_provider.provider_run import Resource
from vvp_provider import waiting

SQL = "INSERT INTO sink SELECT * FROM source"


@pytest.fixture(params=["own checks", pytest.param("as described", marks=pytest.mark.api_description)])
def platform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    # The platform in memory answers at once.
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0.001)
    if request.param == "own checks":
        return FakePlatform(check=of_the_client)
    return FakePlatform(check=as_described(request.getfixturevalue("api_description")))


@pytest.fixture
def job(platform: FakePlatform) -> Resource:
    return Resource(platform, "vvp:index:Deployment")


def spec(sql: object = SQL, **more: Any) -> dict[str, Any]:
    template = {"artifact": {"kind": "SQLSCRIPT", "sqlScript": sql}}
    return {"deploymentTargetName": "vvp", "template": {"spec": template}, **more}


def test_a_deployment_lives(job: Resource, platform: FakePlatform) -> None:
    job.up(name="job", spec=spec())
    assert (job.id, job.state["actualState"]) == ("default/job", "RUNNING")
    first = job.state["jobId"]
    assert job.refresh()
    assert job.diff(name="job", spec=spec()).changes == {}

    found = job.up(name="job", spec=spec("INSERT INTO sink SELECT a FROM source"))
    assert found is not None
    assert list(found.changes) == ["spec.template.spec.artifact.sqlScript"]
    assert not found.replaces
    assert job.state["jobId"] not in (None, first)
    assert len(platform.savepoints) == 1, "an upgrade keeps the state"

    job.up(name="job", spec=spec("INSERT INTO sink SELECT a FROM source", state="SUSPENDED"))
    assert job.state["actualState"] == "SUSPENDED"
    assert len(platform.savepoints) == 2
    job.delete()
    assert platform.objects == {}
    job.id = "default/job"
    job.delete()


def test_deleting_a_running_deployment_takes_a_savepoint_unless_told_otherwise(platform: FakePlatform) -> None:
    for stop, taken in (("savepoint", 1), ("cancel", 1)):
        job = Resource(platform, "vvp:index:Deployment")
        job.up(name="job", spec=spec(), stop=stop)
        job.delete()
        assert len(platform.savepoints) == taken
    assert platform.objects == {}


def test_a_replaced_deployment_starts_from_the_savepoint_of_the_old_one(job: Resource, platform: FakePlatform) -> None:
    job.up(name="job", spec=spec())
    platform.requests.clear()
    found = job.up(name="other", spec=spec())
    assert found is not None
    assert found.replaces == {"name"}
    copied = platform.savepoints[-1]
    assert copied["spec"]["savepointLocation"] == platform.savepoints[0]["spec"]["savepointLocation"]
    assert copied["metadata"]["deploymentId"] == job.state["deploymentId"]
    states = [
        body["spec"]["state"]
        for method, _, body in platform.requests
        if method in ("POST", "PUT") and "state" in body["spec"]
    ]
    assert states == ["SUSPENDED", "CANCELLED", "CANCELLED", "RUNNING"], (
        "the new job starts when its savepoint is known"
    )


def test_a_job_that_cannot_take_a_savepoint_is_not_cancelled(job: Resource, platform: FakePlatform) -> None:
    job.up(name="job", spec=spec())
    platform.no_savepoints = True
    with pytest.raises(PluginError, match="was not cancelled") as caught:
        job.delete()
    assert "checkpoints are not configured" in str(caught.value)
    assert "/api/v1/namespaces/default/deployments/job" in platform.objects


def test_a_failed_job_says_why_and_is_started_again(job: Resource, platform: FakePlatform) -> None:
    platform.fail_with = "Invalid service account x for deployment job"
    with pytest.raises(InitFailed) as caught:
        job.up(name="job", spec=spec())
    assert any("Invalid service account x" in reason for reason in caught.value.reasons)
    assert job.state["actualState"] == "FAILED"
    platform.fail_with = None
    found = job.up(name="job", spec=spec())
    assert found is not None
    assert list(found.changes) == ["actualState"]
    assert job.state["actualState"] == "RUNNING"


def test_a_state_that_is_not_reached_in_time_is_an_error(job: Resource, platform: FakePlatform) -> None:
    platform.delay = 1000
    job.timeout = 1
    with pytest.raises(InitFailed, match="waited 1 s in vain for deployment 'job' to become RUNNING"):
        job.up(name="job", spec=spec())


def test_another_s_deployment_is_refused_and_one_s_own_is_found_again(job: Resource, platform: FakePlatform) -> None:
    job.up(name="job", spec=spec())
    other = Resource(platform, "vvp:index:Deployment", "other")
    with pytest.raises(PluginError, match="pulumi import vvp:index:Deployment other default/job"):
        other.up(name="job", spec=spec())
    other.up(name="job", spec=spec(), adopt=True)
    # The state was not written: the run was interrupted after the platform had made it.
    again = Resource(platform, "vvp:index:Deployment", "other")
    again.up(name="job", spec=spec())
    assert again.state["deploymentId"] == job.state["deploymentId"]


def test_defaults_and_spellings_of_the_platform_are_no_drift_and_changes_are(
    job: Resource, platform: FakePlatform
) -> None:
    given = spec()
    given["template"]["spec"] |= {
        "resources": {"jobmanager": {"cpu": 1, "memory": "1g"}},
        "flinkConfiguration": {"taskmanager.numberOfTaskSlots": 2},
        "kubernetes": {"jobManagerPodTemplate": {"spec": {"containers": [], "serviceAccountName": "job"}}},
    }
    job.up(name="job", spec=given)
    live = platform.objects["/api/v1/namespaces/default/deployments/job"]["spec"]["template"]["spec"]
    live["resources"]["jobmanager"] = {"cpu": 1.0, "memory": "1024m"}
    live["kubernetes"]["jobManagerPodTemplate"]["spec"].pop("containers")
    assert job.refresh()
    assert job.diff(name="job", spec=given).changes == {}
    live["flinkConfiguration"]["taskmanager.numberOfTaskSlots"] = "4"
    live["parallelism"] = 3
    job.refresh()
    found = job.up(name="job", spec=given)
    assert found is not None
    assert list(found.changes) == ['spec.template.spec.flinkConfiguration["taskmanager.numberOfTaskSlots"]']
    live = platform.objects["/api/v1/namespaces/default/deployments/job"]["spec"]["template"]["spec"]
    assert live["flinkConfiguration"]["taskmanager.numberOfTaskSlots"] == "2"
    assert live["parallelism"] == 3, "what the program does not give stays as somebody else has set it"


def test_a_conflict_is_tried_again_on_the_newest_version(job: Resource, platform: FakePlatform) -> None:
    job.up(name="job", spec=spec())
    platform.conflicts = 2
    job.up(name="job", spec=spec(), labels={"team": "a"})
    assert platform.objects["/api/v1/namespaces/default/deployments/job"]["metadata"]["labels"] == {"team": "a"}
    assert platform.savepoints == [], "labels need no other job"


def test_what_is_gone_is_gone_and_what_is_imported_is_whole(job: Resource, platform: FakePlatform) -> None:
    job.up(name="job", spec=spec())
    imported = Resource(platform, "vvp:index:Deployment", id="default/job")
    assert imported.refresh()
    assert imported.inputs["spec"]["template"]["spec"]["artifact"]["sqlScript"] == SQL
    platform.objects.clear()
    assert not job.refresh()
    with pytest.raises(PluginError, match="NAMESPACE/NAME"):
        Resource(platform, "vvp:index:Deployment", id="job").refresh()


@pytest.mark.parametrize(
    ("inputs", "path", "reason"),
    [
        ({"name": "Job", "spec": spec()}, "name", "lower-case"),
        ({"name": "a" * 64, "spec": spec()}, "name", "63"),
        ({"name": "job", "spec": spec(), "stp": "x"}, "stp", "no such property"),
        ({"name": "job", "spec": spec(state="STOPPED")}, "spec.state", "RUNNING, SUSPENDED, CANCELLED"),
        ({"name": "job", "spec": spec(sessionClusterName="s")}, "spec", "deploymentTargetName and sessionClusterName"),
        ({"name": "job", "spec": spec("SELECT 1")}, "spec.template.spec.artifact.sqlScript", "does not belong"),
        ({"name": "job", "spec": spec(f"{SQL};\n{SQL}")}, "spec.template.spec.artifact.sqlScript", "line 2"),
        ({"name": "job", "spec": spec("INSERT INTO a SELECT 'x")}, "spec.template.spec.artifact.sqlScript", "closing"),
    ],
)
def test_faults_of_a_deployment_are_told_by_path(job: Resource, inputs: Any, path: str, reason: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        job.check(**inputs)
    assert [p for p, r in caught.value.failures if reason in r] == [path], caught.value.failures


def test_pods_and_pod_templates_exclude_each_other(job: Resource) -> None:
    given = spec()
    given["template"]["spec"]["kubernetes"] = {"pods": {}, "jobManagerPodTemplate": {}}
    with pytest.raises(CheckFailed, match="refuses pods together with jobManagerPodTemplate"):
        job.check(name="job", spec=given)


def test_unknown_inputs_pass_the_check_and_stay_unknown(job: Resource) -> None:
    assert job.check(name=UNKNOWN, spec=spec(UNKNOWN, state=UNKNOWN))["name"] is UNKNOWN
    assert job.check(name="job", spec=UNKNOWN)["spec"] is UNKNOWN


def test_secrets_and_tokens(platform: FakePlatform) -> None:
    secret = Resource(platform, "vvp:index:SecretValue")
    secret.up(name="PASSWORD", value="very-secret", labels={"a": "b"})
    assert "very-secret" not in str(platform.objects)
    assert secret.refresh()
    assert secret.diff(name="PASSWORD", value="very-secret", labels={"a": "b"}).changes == {}
    found = secret.up(name="PASSWORD", value="other-secret")
    assert found is not None
    assert set(found.changes) == {"value", "labels"}
    assert found.replaces == {"labels"}, "the API cannot take a label away"
    found = secret.up(name="PASSWORD", value="third-secret")
    assert found is not None
    assert not found.replaces

    token = Resource(platform, "vvp:index:ApiToken")
    token.up(name="ci", role="viewer")
    assert token.state["secret"] == "secret-of-namespaces/default/apitokens/ci"
    token.refresh()
    assert token.state["secret"], "the platform shows it once; the state keeps it"
    found = token.up(name="ci", role="editor")
    assert found is not None
    assert found.replaces == {"role"}
    with pytest.raises(PluginError, match="exists already"):
        Resource(platform, "vvp:index:ApiToken").up(name="ci", role="editor")


def test_namespaces_and_targets(platform: FakePlatform) -> None:
    namespace = Resource(platform, "vvp:index:Namespace")
    namespace.up(name="team", roleBindings=[{"role": "owner", "members": ["user:a"]}])
    assert namespace.refresh()
    assert namespace.diff(name="team", roleBindings=[{"role": "owner", "members": ["user:a"]}]).changes == {}
    found = namespace.up(name="team", roleBindings=[{"role": "owner", "members": ["user:b"]}])
    assert found is not None
    assert not found.replaces
    with pytest.raises(CheckFailed, match="viewer, editor, owner"):
        namespace.check(name="team", roleBindings=[{"role": "king", "members": ["user:a"]}])

    target = Resource(platform, "vvp:index:DeploymentTarget")
    target.up(name="Target_1", namespace="team", kubernetesNamespace="jobs")
    assert target.refresh()
    same = {"name": "Target_1", "namespace": "team", "kubernetesNamespace": "jobs"}
    assert target.diff(**same).changes == {}
    moved = target.diff(**(same | {"kubernetesNamespace": "elsewhere"}))
    assert moved.replaces == {"kubernetesNamespace"}
    assert moved.delete_before_replace
    assert not target.diff(**(same | {"name": "t2", "kubernetesNamespace": "elsewhere"})).delete_before_replace
    target.delete()
    namespace.delete()
    assert platform.objects == {}
