"""The stand-in for Ververica Platform: against the platform's description, and what the description cannot say."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from sandbox.platform import handlers
from sandbox.platform.calls import OPERATIONS
from sandbox.platform.unsupported import NAMES, OWN_DESCRIPTION
from tests.sandbox.platform_fixtures import Client, furnished, running, specification
from tests.vvp_description import Description

TARGETS = "/api/v1/namespaces/default/deployment-targets"
DEPLOYMENTS = "/api/v1/namespaces/default/deployments"
SECRETS = "/api/v1/namespaces/default/secret-values"
NAMESPACES = "/namespaces/v1/namespaces"

EXAMPLES = 12
"""Requests per operation that Schemathesis makes up."""

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]

UNDECLARED = {400, 404, 409, 415}
"""Refusals of which the description says nothing, or not for every method."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A platform with a target and two tables, shared by the tests that leave those alone."""
    with running(tmp_path_factory.mktemp("platform")) as client:
        furnished(client)
        yield client


SUPPORTED = sorted(OPERATIONS) if handlers.ALL else []


@pytest.mark.parametrize(("method", "path"), SUPPORTED)
def test_answers_are_as_described(platform: Client, api_description: Description, method: str, path: str) -> None:
    """Schemathesis makes requests from the description, right and wrong ones, and compares the answers with it."""
    schema = schemathesis.openapi.from_dict(api_description.document(path))
    operation = schema[path][method]
    names = {name: "default" for name in ("ns", "namespace") if f"{{{name}}}" in path}
    replies: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy())
    def check(case: schemathesis.Case) -> None:
        # Most cases are in a namespace that is there; the others would see little else than 404.
        if len(replies) % 4 and method != "DELETE":
            case.path_parameters = {**case.path_parameters, **names}
        response = case.call(base_url=str(platform.base_url))
        replies.append(response.status_code)
        if response.status_code in UNDECLARED:
            assert response.json()["message"]
        elif response.status_code == 501:
            assert "does not support the field " in response.json()["message"]
        else:
            case.validate_response(response, checks=CHECKS)

    check()
    assert len(replies) > EXAMPLES / 2


def test_the_rest_of_the_api_is_refused_by_name(platform: Client) -> None:
    for (method, path), subject in NAMES.items():
        response = platform.request(method, path.replace("{ns}", "default").replace("{namespace}", "default"))
        assert response.status_code == 501
        assert f"does not support {subject}: {method} {path}" in response.json()["message"]
    for path in OWN_DESCRIPTION:
        assert "a description of its own API" in refusal(platform.get(path), 501)
    assert platform.get("/api/v2/anything").status_code == 404


def refusal(response: httpx.Response, status: int) -> str:
    """The message of a refused request."""
    assert response.status_code == status, response.text
    return response.json()["message"]


def test_bodies_are_strict(platform: Client) -> None:
    def post(spec: Any) -> str:
        return refusal(platform.post(DEPLOYMENTS, json={"metadata": {"name": "strict"}, "spec": spec}), 400)

    wrong_type = specification()
    wrong_type["template"]["spec"]["parallelism"] = "2"
    assert "spec.template.spec.parallelism" in post(wrong_type)
    assert "spec.staet: unexpected" in post(specification(staet="RUNNING"))
    assert "spec.state" in post(specification(state="PAUSED"))
    assert "upgradeStrategy" in post(specification(upgradeStrategy={"kind": "ROLLING"}))
    assert "'nowhere' does not exist" in post(specification(deploymentTargetName="nowhere"))
    both = specification()
    both["template"]["spec"]["kubernetes"]["pods"] = {"labels": {"a": "b"}}
    assert "pods cannot be set together" in post(both)
    body = {"metadata": {"name": "Big"}, "spec": specification()}
    assert "[a-z0-9]" in refusal(platform.post(DEPLOYMENTS, json=body), 400)
    body = {"metadata": {"name": "n" * 64}, "spec": specification()}
    assert "63" in refusal(platform.post(DEPLOYMENTS, json=body), 400)
    body = {"metadata": {"name": "other"}, "spec": specification()}
    assert "immutable" in refusal(platform.put(f"{DEPLOYMENTS}/one", json=body), 400)
    assert refusal(platform.post(DEPLOYMENTS, content="<a/>", headers={"Content-Type": "text/xml"}), 415)
    nothing = specification()
    nothing["template"]["spec"]["kubernetes"]["taskManagerPodTemplate"] = {"spec": {"containers": [{"image": "a"}]}}
    assert "taskManagerPodTemplate.spec.containers.0.name: Field required" in post(nothing)
    big = specification()
    big["template"]["spec"]["parallelism"] = 2**31
    assert "spec.template.spec.parallelism" in post(big)
    old = specification()
    old["template"]["spec"]["kubernetes"]["jobManagerPodTemplate"]["spec"]["volumes"] = [{"name": "a", "rbd": {}}]
    body = {"metadata": {"name": "strict"}, "spec": old}
    assert "does not support the field spec.template.spec.kubernetes.jobManagerPodTemplate.spec.volumes.0.rbd" in (
        refusal(platform.post(DEPLOYMENTS, json=body), 501)
    )


def test_yaml_is_spoken_under_api(platform: Client) -> None:
    headers = {"Content-Type": "application/yaml", "Accept": "application/yaml"}
    text = "kind: SecretValue\nmetadata: {name: by_YAML}\nspec: {kind: PLAIN, value: s3cret}\n"
    response = platform.post(SECRETS, content=text, headers=headers)
    assert response.status_code == 201
    assert "name: by_YAML" in response.text
    assert "s3cret" not in response.text
    assert "s3cret" not in platform.get(SECRETS).text


def test_targets_are_immutable_and_stay_while_they_are_used(platform: Client) -> None:
    body = {"metadata": {"name": "T_1"}, "spec": {"kubernetes": {"namespace": "jobs"}}}
    made = platform.put(f"{TARGETS}/T_1", json=body)
    assert made.status_code == 201
    assert "already exists" in refusal(platform.post(TARGETS, json=body), 409)
    other = {**body, "spec": {"kubernetes": {"namespace": "elsewhere"}}}
    assert "immutable" in refusal(platform.put(f"{TARGETS}/T_1", json=other), 409)
    labelled = {**body, "metadata": {"name": "T_1", "labels": {"team": "a"}}}
    changed = platform.put(f"{TARGETS}/T_1", json=labelled)
    assert (changed.status_code, changed.json()["metadata"]["labels"]) == (200, {"team": "a"})
    old = {
        **labelled,
        "metadata": {**labelled["metadata"], "resourceVersion": made.json()["metadata"]["resourceVersion"]},
    }
    assert "has been modified" in refusal(platform.put(f"{TARGETS}/T_1", json=old), 409)
    assert platform.deployment("on-target", deploymentTargetName="T_1", state="CANCELLED").status_code == 201
    assert "on-target" in refusal(platform.delete(f"{TARGETS}/T_1"), 409)
    assert platform.delete(f"{DEPLOYMENTS}/on-target").status_code == 200
    assert platform.delete(f"{TARGETS}/T_1").status_code == 200
    assert refusal(platform.get(f"{TARGETS}/T_1"), 404)


def test_a_deployment_runs_is_upgraded_suspended_resumed_and_cancelled(platform: Client) -> None:
    path = f"{DEPLOYMENTS}/life"
    assert platform.deployment("life").json()["status"] == {"state": "TRANSITIONING"}
    deployment = platform.wait("life", "RUNNING")
    identity, first = deployment["metadata"]["id"], deployment["status"]["running"]["jobId"]
    assert platform.get(f"{DEPLOYMENTS}/{identity}").json() == deployment
    [job] = platform.items("jobs", deploymentId=identity)
    assert (job["metadata"]["id"], job["status"]["state"]) == (first, "STARTED")
    assert [table["name"] for table in job["status"]["sourceTables"]] == ["source"]
    assert "savepointLocation" not in job["spec"]

    # The same again changes nothing, another template makes a new job from a savepoint.
    assert platform.deployment("life").status_code == 200
    assert "must be in desired state" in refusal(platform.delete(path), 409)
    platform.patch(path, json={"spec": {"template": {"spec": {"parallelism": 2}}}})
    platform.wait("life", "TRANSITIONING")
    second = platform.wait("life", "RUNNING")["status"]["running"]["jobId"]
    assert second != first
    [savepoint] = platform.items("savepoints", deploymentId=identity)
    assert (savepoint["metadata"]["origin"], savepoint["status"]["state"]) == ("SUSPEND_AND_UPGRADE", "COMPLETED")
    restored = platform.get(f"/api/v1/namespaces/default/jobs/{second}").json()["spec"]
    assert restored["savepointLocation"] == savepoint["spec"]["savepointLocation"]

    platform.patch(path, json={"spec": {"state": "SUSPENDED"}})
    platform.wait("life", "SUSPENDED")
    assert platform.items("savepoints", deploymentId=identity)[-1]["metadata"]["origin"] == "SUSPEND"
    platform.patch(path, json={"spec": {"state": "RUNNING", "restoreStrategy": {"kind": "NONE"}}})
    third = platform.wait("life", "RUNNING")["status"]["running"]["jobId"]
    assert "savepointLocation" not in platform.get(f"/api/v1/namespaces/default/jobs/{third}").json()["spec"]

    asked = platform.post("/api/v1/namespaces/default/savepoints", json={"metadata": {"deploymentId": identity}})
    assert (asked.status_code, asked.json()["status"]["state"]) == (201, "STARTED")
    platform.patch(path, json={"spec": {"state": "CANCELLED"}})
    platform.wait("life", "CANCELLED")
    states = [job["status"]["state"] for job in platform.items("jobs", deploymentId=identity)]
    assert states == ["TERMINATED"] * 3
    events = [event["metadata"]["name"] for event in platform.items("events", deploymentId=identity)]
    assert events[:3] == ["STATE_TRANSITION_IS_NEEDED", "CREATING_A_NEW_JOB", "JOB_SUCCESSFULLY_STARTED"]
    assert platform.delete(path).status_code == 200
    assert platform.items("jobs", deploymentId=identity) == []


@pytest.mark.parametrize(("kind", "savepoints"), [("STATELESS", 0), ("NONE", 0)])
def test_upgrades_without_state(platform: Client, kind: str, savepoints: int) -> None:
    name = f"upgrade-{kind.lower()}"
    platform.deployment(name, upgradeStrategy={"kind": kind})
    before = platform.wait(name, "RUNNING")
    changed = platform.patch(f"{DEPLOYMENTS}/{name}", json={"spec": {"template": {"spec": {"parallelism": 3}}}})
    assert changed.json()["spec"]["template"]["spec"]["parallelism"] == 3
    if kind == "STATELESS":
        platform.wait(name, "TRANSITIONING")
    after = platform.wait(name, "RUNNING")
    same = before["status"]["running"]["jobId"] == after["status"]["running"]["jobId"]
    assert same == (kind == "NONE")
    assert len(platform.items("savepoints", deploymentId=before["metadata"]["id"])) == savepoints


def test_a_failed_deployment_says_why_and_starts_after_it_was_cancelled(platform: Client) -> None:
    def failure(name: str) -> str:
        deployment = platform.wait(name, "FAILED")
        job = platform.items("jobs", deploymentId=deployment["metadata"]["id"])[-1]
        events = platform.items("events", deploymentId=deployment["metadata"]["id"])
        message = job["status"]["failure"]["message"]
        assert any(message in event["spec"]["message"] for event in events)
        return message

    platform.deployment("pod-refused", account="refused-account")
    assert failure("pod-refused").startswith("Invalid service account refused-account")
    platform.deployment("table-missing", script="INSERT INTO sink\nSELECT * FROM missing")
    assert "line 2, column 15 to line 2, column 21: Object 'missing' not found" in failure("table-missing")
    platform.deployment("bad-syntax", script="INSERT INTO sink SELECT FROM source")
    assert "line 1, column" in failure("bad-syntax")
    path = f"{DEPLOYMENTS}/table-missing"
    platform.patch(path, json={"spec": specification()})
    assert platform.get(path).json()["status"]["state"] == "FAILED"
    platform.patch(path, json={"spec": {"state": "CANCELLED"}})
    platform.wait("table-missing", "CANCELLED")
    platform.patch(path, json={"spec": {"state": "RUNNING"}})
    platform.wait("table-missing", "RUNNING")


def test_defaults_and_label_selectors(platform: Client) -> None:
    path = "/api/v1/namespaces/default/deployment-defaults"
    assert platform.get(path).json()["spec"]["upgradeStrategy"] == {"kind": "STATEFUL"}
    flink = {"template": {"spec": {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "4"}}}}
    assert platform.patch(path, json={"spec": flink}).status_code == 200
    for name, team in (("labelled-a", "a"), ("labelled-b", "b")):
        body = {"metadata": {"name": name, "labels": {"team": team}}, "spec": specification(state="CANCELLED")}
        made = platform.post(DEPLOYMENTS, json=body).json()
        assert made["spec"]["template"]["spec"]["flinkConfiguration"] == {"taskmanager.numberOfTaskSlots": "4"}
    selected = {
        selector: [item["metadata"]["name"] for item in platform.items("deployments", labelSelector=selector)]
        for selector in ("team=a", "team in (a, b)", "team,team!=a", "!team,team=a")
    }
    assert list(selected.values()) == [["labelled-a"], ["labelled-a", "labelled-b"], ["labelled-b"], []]
    assert refusal(platform.get(DEPLOYMENTS, params={"labelSelector": "team=a b"}), 400)


def test_a_namespace_goes_with_all_that_it_holds(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        furnished(client)
        client.deployment("ends")
        client.wait("ends", "RUNNING")
        gone = client.delete(f"{NAMESPACES}/default").json()["namespace"]
        assert gone["lifecyclePhase"] == "LIFECYCLE_PHASE_TERMINATING"
        client.wait_until_gone(f"{NAMESPACES}/default")
        assert refusal(client.get(DEPLOYMENTS), 404)
        assert client.post(NAMESPACES, json={"name": "namespaces/default"}).status_code == 200
        assert client.items("deployment-targets") == []


def test_a_killed_platform_has_lost_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        furnished(client)
        client.deployment("survives")
        before = client.wait("survives", "RUNNING")
        client.patch(f"{DEPLOYMENTS}/survives", json={"spec": {"state": "SUSPENDED"}})
        client.process.send_signal(signal.SIGKILL)
        client.process.wait()
    with running(tmp_path) as client:
        after = client.wait("survives", "SUSPENDED")
        assert after["metadata"]["id"] == before["metadata"]["id"]
        [savepoint] = client.items("savepoints", deploymentId=after["metadata"]["id"])
        assert savepoint["status"]["state"] == "COMPLETED"
        assert len(client.sql("SHOW TABLES")["resultTable"]["rows"]) == 2
