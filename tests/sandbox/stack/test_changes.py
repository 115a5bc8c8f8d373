"""A job that is changed in its files shows in the preview as exactly that, and `make up` changes only that."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.checkout import WITHOUT_PREVIEW, Checkout, Result, deployments
from tests.sandbox.holes import done

pytestmark = pytest.mark.sandbox

CONSUMER, PRODUCER = "greeting-request-consumer", "greeting-request-producer"
STREAM = "greeting-request"
SQL = "workloads/greeting-request"
# Each test changes what the one before has deployed: fewer updates than going back to `dev` in between.
SIZE = {f"jobs__{CONSUMER}__parallelism": 2}
STOPPED = {**SIZE, f"jobs__{CONSUMER}__state": "suspended"}
BLACKHOLE, DATAGEN = (f"default/vvp.default.greeting_request_{name}" for name in ("blackhole", "datagen"))


@pytest.fixture
def edited(checkout: Checkout) -> Iterator[Checkout]:
    """The checkout, whose SQL files are put back afterwards; the next test deploys them."""
    files = {file: file.read_text() for file in (checkout.folder / SQL).iterdir()}
    yield checkout
    for file, text in files.items():
        file.write_text(text)
    checkout.deployed = None


def edit(checkout: Checkout, file: str, old: str, new: str) -> None:
    path = checkout.folder / SQL / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def changes_of(output: str) -> dict[str, set[str]]:
    """What the short form of a preview announces, by resource."""
    found: dict[str, set[str]] = {}
    for line in output.splitlines():
        step = re.match(r" *[~+-]+ +\S+:\S+ (?P<name>\S+) (?P<what>[a-z ]+?) *(?:\[diff: .*\])?$", line)
        if step:
            found.setdefault(step["name"], set()).add(step["what"])
    return found


def only_update(result: Result) -> None:
    """One resource is updated, and that is all."""
    assert result.status == 0, result
    assert re.search(r"~ 1 (to update|updated)$", result.output, re.MULTILINE), result
    assert not re.search(r" (to )?(created?|deleted?|replaced?)$", result.output, re.MULTILINE), result


def update(checkout: Checkout, changes: dict[str, Any]) -> Result:
    """Deploys a changed stack file, which must be an update of one resource."""
    config, checkout.deployed = checkout.configure(**changes), None
    result = checkout.make("up", DIFF="1")
    only_update(result)
    checkout.deployed = config
    return result


def test_a_changed_grant_changes_the_policy_only(dev: Checkout) -> None:
    dev.configure(**{f"jobs__{CONSUMER}__access__streams": {STREAM: "read-connector-5"}})
    preview = dev.make("preview", DIFF="1")
    only_update(preview)
    assert "aws:iam/policy:Policy: (update)" in preview.output, preview
    assert "kinesis:DescribeStreamSummary" in preview.output, preview


def test_a_changed_size_is_a_new_job(dev: Checkout) -> None:
    before = deployments(dev)
    result = update(dev, SIZE)
    assert re.search(r"parallelism\s*: 1 => 2", result.output), result
    after = deployments(dev)
    assert after[CONSUMER]["jobId"] != before[CONSUMER]["jobId"]
    assert after[CONSUMER]["actualState"] == "RUNNING"
    assert after[PRODUCER] == before[PRODUCER]


def test_a_changed_state_stops_that_job_only(checkout: Checkout) -> None:
    checkout.ensure_up(**SIZE)
    before = deployments(checkout)
    result = update(checkout, STOPPED)
    assert re.search(r'state: "RUNNING" => "SUSPENDED"', result.output), result
    after = deployments(checkout)
    assert after[CONSUMER]["actualState"] == "SUSPENDED"
    assert after[PRODUCER] == before[PRODUCER]
    pods = checkout.json("kubectl", "-n", "vvp", "get", "pods", "-o", "json")["items"]
    labels = [pod["metadata"]["labels"].get("deploymentName") for pod in pods]
    assert PRODUCER in labels
    assert CONSUMER not in labels


def test_a_job_whose_pods_are_refused_fails_with_that_reason_and_the_next_up_repairs_it(checkout: Checkout) -> None:
    """Somebody's rule refuses a job's pods: the update says so in the rule's words, and goes on once it is gone."""
    checkout.ensure_up(**STOPPED)
    rule = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
            ]
        },
        "validations": [
            {
                "expression": f"object.metadata.?labels.deploymentName.orValue('') != '{CONSUMER}'",
                "message": "Not on a Sunday",
            }
        ],
    }
    kinds = {
        "ValidatingAdmissionPolicy": rule,
        "ValidatingAdmissionPolicyBinding": {"policyName": "sunday", "validationActions": ["Deny"]},
    }
    api = "admissionregistration.k8s.io/v1"
    objects = [{"apiVersion": api, "kind": kind, "metadata": {"name": "sunday"}, "spec": kinds[kind]} for kind in kinds]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    done(checkout.run("kubectl", "create", "-f", "-", text=listed))
    checkout.configure(**SIZE)
    try:
        result = checkout.make("up", **WITHOUT_PREVIEW)
    finally:
        done(checkout.run("kubectl", "delete", ",".join(kinds), "sunday"))
        checkout.deployed = None
    assert result.status != 0
    assert "is FAILED instead of RUNNING" in result.output, result
    assert "Not on a Sunday" in result.output, result
    checkout.ensure_up(**SIZE)
    assert deployments(checkout)[CONSUMER]["actualState"] == "RUNNING"


def test_changed_sql_shows_what_is_altered_and_what_replaced(edited: Checkout) -> None:
    """An option is altered in place, a column wants another table; jobs that use them start anew."""
    edited.ensure_up(**SIZE)
    before = deployments(edited)
    edit(edited, "consumer.sql", "SELECT * FROM", "SELECT `name` FROM")
    blackhole = "CREATE TABLE `vvp`.`default`.`greeting_request_blackhole` (`name` STRING"
    edit(edited, "consumer-tables.sql", blackhole, f"{blackhole} NOT NULL")
    preview = edited.make("preview", DIFF="1")
    assert re.search(r"~ 1 to update\s+\+-1 to replace\s+2 changes", preview.output), preview
    assert '~ [0]: "name STRING" => "name STRING NOT NULL"' in preview.output, preview
    assert re.search(r"sqlScript: .*SELECT \* FROM.* => .*SELECT `name` FROM", preview.output), preview

    edit(edited, "producer-tables.sql", "'10'", "'20'")
    result = done(edited.make("up"))
    assert changes_of(result.output.partition("Updating (dev)")[0]) == {
        BLACKHOLE: {"delete original", "replace", "create replacement"},
        DATAGEN: {"update"},
        CONSUMER: {"update"},
        PRODUCER: {"update"},
    }, result
    after = deployments(edited)
    for job in (CONSUMER, PRODUCER):
        assert after[job]["actualState"] == "RUNNING"
        assert after[job]["jobId"] != before[job]["jobId"]
    again = edited.make("preview")
    assert changes_of(again.output) == {}, again
    assert " unchanged" in again.output
