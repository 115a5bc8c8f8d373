"""Mistakes that people make in a hurry: each is refused under its own key, in words that help, and once."""

from typing import Any

import pytest

from settings.aws.stack_file import AwsStackFile
from settings.check import check
from settings.faults import Fault, SettingsError, show
from settings.reading import models_in
from tests.stacks import changed, faults_of, own, stack_file

DEV = stack_file()
ROLE = "arn:aws:iam::123456789012:role"
SQL = {"sql": "workloads/greeting-request/producer.sql"}
JOB = "jobs__greeting-request-consumer"
OWN_JAR = "s3://vvp-blob-storage/jars/a.jar"


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    # Namespaces and keys that nobody reads.
    ({"vpp:cluster": {"name": "x"}}, "vpp:cluster", "no such namespace: nobody reads it; `vvp:cluster`?"),
    ({"kubernetes:context": "x"}, "kubernetes:context", "no such namespace"),
    ({"aws:accessKey": "AKIAIOSFODNN7EXAMPLE"}, "aws:accessKey", "no stored keys"),
    ({"aws:endpoints": []}, "aws:endpoints", "this would be ignored"),
    ({"aws:allowedAccountIds": ["1"]}, "aws:allowedAccountIds.0", "the 12 digits of an AWS account"),
    ({"aws:assumeRoles": [{"roleArn": f"{ROLE}/a"}, {"roleArn": f"{ROLE}/b"}]}, "aws:assumeRoles", "at most 1"),
    ({"aws:defaultTags": {"tags": {"aws:mine": "x"}}}, "aws:defaultTags.tags.aws:mine", "not beginning with aws:"),
    # One name for two things.
    ({"jobs__nodes": SQL}, "vvp:jobs.nodes", "the machines"),
    ({"jobs__vpc-cni": SQL}, "vvp:jobs.vpc-cni", "the add-on vpc-cni"),
    ({"jobs__ebs-csi": SQL}, "vvp:jobs.ebs-csi", "the add-on aws-ebs-csi-driver"),
    ({"platform__serviceAccount": "nodes"}, "vvp:platform.serviceAccount", "the machines"),
    ({"blobStorage__policyName": "VVP-Greeting-Request-Producer"}, "vvp:blobStorage.policyName", "a job's policy"),
    ({"jobs__default": SQL}, "vvp:jobs.default", "a name of the job's own"),
    ({"platform__serviceAccount": "default"}, "vvp:platform.serviceAccount", "every namespace has an account default"),
    ({"platform__namespace": "default"}, "vvp:platform.namespace", "not Kubernetes'"),
    ({"admission__kyverno__namespace": "kube-system"}, "vvp:admission.kyverno.namespace", "not Kubernetes'"),
    ({"platform__releaseName": "r" * 45}, "vvp:platform.releaseName", "at most 44 characters"),
    # Networks.
    *[
        ({"cluster__publicAccessCidrs": [cidr]}, "vvp:cluster.publicAccessCidrs.0", "a network of the public internet")
        for cidr in (
            "203.0.113.0/24",
            "198.51.100.0/24",
            "127.0.0.0/8",
            "224.0.0.0/8",
            "10.0.0.0/8",
            "0.0.0.0/1",
            "100.64.0.0/10",
            "169.254.0.0/16",
            "240.0.0.0/8",
        )
    ],
    ({"cluster__publicAccessCidrs": ["8.8.8.8"]}, "vvp:cluster.publicAccessCidrs.0", "CIDR form"),
    (
        {"cluster__publicAccessCidrs": [f"8.8.{index}.0/24" for index in range(41)]},
        "vvp:cluster.publicAccessCidrs",
        "at most 40",
    ),
    (
        {"cluster__publicAccessCidrs": ["8.0.0.0/8", "9.0.0.0/8"]},
        "vvp:cluster.publicAccessCidrs",
        "together are not the whole internet",
    ),
    ({"cluster__serviceCidr": "100.64.0.0/16"}, "vvp:cluster.serviceCidr", "/24 to /12"),
    ({"cluster__serviceCidr": "10.96.0.0/25"}, "vvp:cluster.serviceCidr", "/24 to /12"),
    ({"network__cidr": "10.20.0.0/255.255.0.0"}, "vvp:network.cidr", "CIDR form"),
    ({"network__cidr": "10.20.0.0/0.0.255.255"}, "vvp:network.cidr", "CIDR form"),
    ({"network__cidr": "224.0.0.0/16"}, "vvp:network.cidr", "EC2 takes"),
    ({"network__zones": 4}, "vvp:network.zones", "2 or 3, or a list"),
    ({"network__zones": ["eu-central-1a", "eu-central-1a"]}, "vvp:network.zones.1", "each one once"),
    ({"network__zones": ["a", "eu-central-1a"]}, "vvp:network.zones.0", "an availability zone"),
    (
        {"network__existing": {"privateSubnetIds": ["subnet-01234567", "subnet-01234567"]}},
        "vvp:network.existing.privateSubnetIds.1",
        "each one once",
    ),
    # Principals and machines.
    ({"cluster__admins": ["arn:aws:iam::123456789012:root"]}, "vvp:cluster.admins.0", "gives nobody anything"),
    ({"cluster__viewers": [f"{ROLE}/aws-service-role/x.amazonaws.com/Y"]}, "vvp:cluster.viewers.0", "service-linked"),
    ({"cluster__admins": [f"{ROLE}/a", f"{ROLE}/a"]}, "vvp:cluster.admins.1", "each one once"),
    (
        {"cluster__nodes__instanceTypes": ["m6i.xlarge", "t4g.medium"]},
        "vvp:cluster.nodes.instanceTypes.1",
        "x86_64 and arm64 do not share one image",
    ),
    ({"cluster__nodes__instanceTypes": ["big"]}, "vvp:cluster.nodes.instanceTypes.0", "an EC2 instance type"),
    # Add-ons.
    (
        {"cluster__addonVersions": {"eks-pod-identity-agent": "v1.3.4-eksbuild.1"}},
        "vvp:cluster.addonVersions.eks-pod-identity-agent",
        "this stack has no agent",
    ),
    *[
        (
            {"cluster__addonConfiguration": {"vpc-cni": {"enableNetworkPolicy": value}}},
            "vvp:cluster.addonConfiguration.vpc-cni.enableNetworkPolicy",
            "nobody enforces",
        )
        for value in ("false", False, True, None)
    ],
    # Digits of other scripts.
    ({"cluster__version": "1.3\uff15"}, "vvp:cluster.version", "ASCII digits"),
    ({"platform__chartVersion": "5.11.\u0661"}, "vvp:platform.chartVersion", "a pin"),
    ({"aws:region": "eu-central-\uff11"}, "aws:region", "region"),
    # Blob storage.
    ({"blobStorage__accessLogBucket": "vvp-blob-storage"}, "vvp:blobStorage.accessLogBucket", "never ends"),
    *[
        ({"blobStorage__expiry": [{"prefix": prefix, "days": 1}]}, "vvp:blobStorage.expiry.0.prefix", "running jobs'")
        for prefix in ("jobs/", "j", "jobs/greeting-request-consumer/", "jobs/x/check", "jobs/x/savepoints/old/")
    ],
    *[
        ({"jobs__jar": {"jar": {"uri": uri}}}, "vvp:jobs.jar.jar.uri", "s3://vvp-blob-storage/artifacts/jar.jar")
        for uri in (
            "s3://somebody-elses/a.jar",
            "x",
            "file:///etc/passwd",
            "s3://vvp-blob-storage/a*.jar",
            "s3://vvp-blob-storage/jobs/greeting-request-consumer/a.jar",
            "s3://vvp-blob-storage/readme.txt",
        )
    ],
    (
        {f"{JOB}__access__blobs": {"out/": "write"}},
        "vvp:jobs.greeting-request-consumer.access.blobs.out/",
        "read-write",
    ),
    # Sizes.
    *[
        ({f"{JOB}__taskManager": {"memory": memory}}, "vvp:jobs.greeting-request-consumer.taskManager.memory", "256Mi")
        for memory in ("100m", "0", "1", "4096K", "1024", "128Mi", "\u0661G")
    ],
    # Secrets in the wrong place, and the words of others.
    ({"platform__persistence": {"type": "postgres"}}, "vvp:platform.persistence.type", "local or jdbc"),
    ({"platform__persistence": {"url": "x"}}, "vvp:platform.persistence.type", "local or jdbc"),
    (
        {"platform__persistence__password": "hunter2"},
        "vvp:platform.persistence.password",
        "vvp:databasePassword, as a secret",
    ),
    *[
        (
            {"platform__persistence": {"type": "jdbc", "url": f"jdbc:postgresql://{url}", "username": "u"}},
            "vvp:platform.persistence.url",
            "without credentials",
        )
        for url in ("h:5432/vvp?user=u&password=hunter2", "u:hunter2@h:5432/vvp", "h;password=hunter2")
    ],
    ({"blobStorage__expiry": [{"prefix": "", "days": 0}]}, "vvp:blobStorage.expiry.0.days", "at least 1"),
    (
        {"network__existing": {"vpcId": "vpc-0123456789abcdef0", "privateSubnetIds": ["subnet-01234567"]}},
        "vvp:network.existing.privateSubnetIds",
        "a list of at least 2",
    ),
]


@pytest.mark.parametrize(("changes", "key", "words"), REFUSED)
def test_a_mistake_is_refused_under_its_key(changes: dict[str, Any], key: str, words: str) -> None:
    found = faults_of(changes)
    assert [fault for fault in found if fault.key == key and words in fault.expected], found
    told = [fault.key for fault in found]
    assert len(told) == len(set(told))
    assert not [fault for fault in found if "hunter2" in str(fault) or "AKIA" in str(fault)]


@pytest.mark.parametrize(
    "changes",
    [
        {"cluster__admins": [f"{ROLE}/team/ops", f"{ROLE}/team-ops"]},
        {"cluster__publicAccessCidrs": ["8.8.8.8/32", "1.0.0.0/24"]},
        {"cluster__publicAccessCidrs": [], "cluster__privateAccessCidrs": ["10.0.0.0/8"]},
        {"cluster__serviceCidr": "192.168.0.0/24"},
        {"cluster__nodes__architecture": "arm64", "cluster__nodes__instanceTypes": ["m7g.large", "c6gd.2xlarge"]},
        {"network__zones": ["eu-central-1c", "eu-central-1a"]},
        {"network__cidr": "100.64.0.0/16"},
        {"cluster__addonConfiguration": {"vpc-cni": {"env": {"WARM_IP_TARGET": "2"}}}},
        {
            "cluster__addonVersions": {"eks-pod-identity-agent": "v1.3.4-eksbuild.1"},
            "identity__kind": "pod-identity",
            "runtime__kinesisLegacySdk": "1.12.746",
        },
        {"aws:region": "eusc-de-east-1"},
        {"jobs__jar": {"jar": {"uri": OWN_JAR}}},
        {"jobs__jar": {"jar": {"uri": "https://repo.example/a.jar"}}},
        {"blobStorage__expiry": [{"prefix": "jobs/x/reports/", "days": 1}]},
        {"platform__releaseName": "r" * 44},
        {"aws:profile": "prod", "aws:allowedAccountIds": ["123456789012"]},
        {"aws:defaultTags": {"tags": {"Kostenstelle": "Müller & Co".replace("&", "+")}}},
        {"pulumi:tags": {"a": "b"}},
    ],
)
def test_what_is_right_is_taken(changes: dict[str, Any]) -> None:
    assert faults_of(changes) == []


def test_one_mistake_is_told_once() -> None:
    existing = {"vpcId": "vpc-0123456789abcdef0", "privateSubnetIds": ["subnet-01234567"]}
    assert [fault.key for fault in faults_of({"network": {"existing": existing}})] == [
        "vvp:network.existing.privateSubnetIds"
    ]
    assert [fault.key for fault in faults_of({f"{JOB}__tables": "workloads"})] == [
        "vvp:jobs.greeting-request-consumer.tables"
    ]


def test_a_fault_shows_nothing_that_looks_like_a_secret() -> None:
    assert "hunter2" not in show({"a": {"password": "hunter2"}, "b": ["jdbc:x://u:hunter2@h", "k?api_key=hunter2&c"]})
    assert "hunter2" not in show("hunter2", ("vvp:jobs", "x", "flink", "s3.secret-key"))
    assert show({"key": 1}) == '{"key": 1}'


WRONG: list[Any] = [None, True, 0, -1, 1.5, float("inf"), "", "x" * 200, "\ud800", [], [[]], {}, {"x": {}}, 10**30]
PYDANTIC = (
    "discriminator",
    "union_tag",
    "Tuple",
    "Value should",
    "Input should",
    "valid ",
    "pydantic",
    "instance of",
    "items",
)


def every_key(model: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    keys: list[tuple[str, ...]] = []
    for name, field in model.model_fields.items():
        here = (*path, field.alias or name)
        keys.append(here)
        for inner in models_in(field.annotation):
            keys += every_key(inner, here)
    return keys


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_no_wrong_value_anywhere_ends_in_a_traceback_or_in_the_librarys_words(wrong: Any) -> None:
    for path in every_key(AwsStackFile):
        steps = list(path)
        if steps[0] in ("vvp:jobs", "vvp:streams") and len(steps) > 1:
            steps.insert(1, "thing")
        config: Any = changed(DEV)
        inner = config
        for step in steps[:-1]:
            if not isinstance(inner.get(step), dict):
                inner[step] = {}
            inner = inner[step]
        inner[steps[-1]] = wrong
        try:
            check(config)
            found: list[Fault] = []
        except SettingsError as error:
            found = error.faults
        for fault in found:
            words = f"{fault.expected} {fault.key}"
            assert not [word for word in PYDANTIC if word in words.replace("invalid", "")], fault
        told = [fault.key for fault in found]
        assert len(told) == len(set(told)), found


def test_what_is_no_fault_and_still_matters_is_a_remark() -> None:
    def remarks(**changes: Any) -> str:
        return "\n".join(check(changed(DEV, **own(changes))).remarks)

    assert "still the example" in remarks()
    assert remarks(cluster__publicAccessCidrs=["8.8.8.0/24"]) == ""
    private = remarks(cluster__publicAccessCidrs=[])
    assert "Two steps" in private
    assert "only the cluster's own nodes do" in private
