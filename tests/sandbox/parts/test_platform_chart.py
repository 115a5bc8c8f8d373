"""The chart that stands in for Ververica's: the documented values, what they render to, and what is refused."""

import json
import subprocess
from typing import Any

import pytest
import yaml

from sandbox.build import charts

CHART = charts.SOURCES / "ververica-platform"
RBAC = {"create": False, "serviceAccountName": "ververica-platform"}
# The four values files of the seed, merged; the licence is the Community Edition's.
SEED: dict[str, Any] = {
    "vvp": {"persistence": {"type": "local"}, "blobStorage": {"baseUri": "s3://vvp-blob-storage"}},
    "rbac": RBAC,
    "acceptCommunityEditionLicense": True,
}
LICENSED: dict[str, Any] = {
    "licenseConfigPath": "file:/vvp/license/license.yaml",
    "volumes": [{"name": "license", "secret": {"secretName": "vvp-license"}}],
    "volumeMounts": [{"name": "license", "mountPath": "/vvp/license", "readOnly": True}],
    "rbac": RBAC,
}
DATABASE = {"persistence": {"type": "jdbc", "datasource": {"url": "jdbc:postgresql://db/vvp"}}}

Objects = dict[tuple[str, str], dict[str, Any]]

pytestmark = pytest.mark.sandbox


def run(helm: str, values: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    command = [helm, "template", "vvp", str(CHART), "-n", "vvp", "--kube-version", "1.36.0", "-f", "-"]
    return subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)


def render(helm: str, values: dict[str, Any]) -> Objects:
    ran = run(helm, values)
    assert ran.returncode == 0, ran.stderr
    documents = [document for document in yaml.safe_load_all(ran.stdout) if document]
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


def refusal(helm: str, values: dict[str, Any]) -> str:
    ran = run(helm, values)
    assert ran.returncode != 0, ran.stdout
    return ran.stderr


def pod(objects: Objects) -> dict[str, Any]:
    return objects["Deployment", "vvp-ververica-platform"]["spec"]["template"]["spec"]


def config(objects: Objects) -> dict[str, Any]:
    return yaml.safe_load(next(iter(objects["ConfigMap", "vvp-ververica-platform-config"]["data"].values())))


def test_the_seeds_values_render_what_the_platform_is_made_of(helm: str) -> None:
    objects = render(helm, SEED)
    assert set(objects) == {
        ("ConfigMap", "vvp-ververica-platform-config"),
        ("Deployment", "vvp-ververica-platform"),
        ("PersistentVolumeClaim", "vvp-ververica-platform"),
        ("Service", "vvp-ververica-platform"),
    }
    assert objects["Deployment", "vvp-ververica-platform"]["spec"]["strategy"] == {"type": "Recreate"}
    assert objects["Service", "vvp-ververica-platform"]["spec"]["ports"] == [
        {"name": "http", "port": 80, "targetPort": 8080}
    ]
    claim = objects["PersistentVolumeClaim", "vvp-ververica-platform"]["spec"]
    assert claim == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}
    ports = {c["name"]: [p["containerPort"] for p in c["ports"]] for c in pod(objects)["containers"]}
    assert ports == {"appmanager": [9080, 9081], "gateway": [8080, 8081], "ui": [4200]}
    assert pod(objects)["serviceAccountName"] == "ververica-platform"
    assert config(objects)["vvp"]["blobStorage"] == {"baseUri": "s3://vvp-blob-storage"}


def test_its_own_account_comes_only_with_rbac_create(helm: str) -> None:
    extras = {"additionalNamespaces": ["jobs"], "imagePullSecret": "pull"}
    ignored = render(helm, SEED | {"rbac": RBAC | extras})
    assert ignored == render(helm, SEED)
    objects = render(helm, SEED | {"rbac": {"create": True, **extras}})
    assert pod(objects)["serviceAccountName"] == "vvp-ververica-platform"
    account = objects["ServiceAccount", "vvp-ververica-platform"]
    assert account["imagePullSecrets"] == [{"name": "pull"}]
    rules = objects["Role", "vvp-ververica-platform"]["rules"]
    assert {"roles", "rolebindings", "serviceaccounts"} <= {r for rule in rules for r in rule["resources"]}


def test_no_licence_is_refused(helm: str) -> None:
    assert "license" in refusal(helm, {"vvp": {"persistence": {"type": "local"}}, "rbac": RBAC})


def test_the_community_edition_has_no_remote_database(helm: str) -> None:
    values = SEED | {"vvp": DATABASE}
    assert "Community Edition" in refusal(helm, values)
    quietly_local = SEED | {"vvp": {"persistence": {"type": "jdbc"}}}
    assert config(render(helm, quietly_local))["vvp"]["persistence"] == {"type": "local"}


def test_a_licence_from_a_secret_allows_a_database_with_credentials_from_a_secret(helm: str) -> None:
    reference = {"secretKeyRef": {"name": "vvp-database", "key": "password"}}
    env = [{"name": "SPRING_DATASOURCE_PASSWORD", "valueFrom": reference}]
    objects = render(helm, LICENSED | {"vvp": DATABASE, "env": env})
    containers = {container["name"]: container for container in pod(objects)["containers"]}
    for name in ("appmanager", "gateway"):
        given = {entry["name"]: entry for entry in containers[name]["env"]}
        assert given["SPRING_DATASOURCE_PASSWORD"]["valueFrom"] == reference
        assert given["spring.config.additional-location"]["value"] == "file:/vvp/etc/,file:/vvp/license/license.yaml"
        assert "/vvp/license" in [mount["mountPath"] for mount in containers[name]["volumeMounts"]]
    assert "env" not in containers["ui"]
    assert config(objects)["spring"]["datasource"] == {"url": "jdbc:postgresql://db/vvp"}
    assert ("PersistentVolumeClaim", "vvp-ververica-platform") not in objects


def test_the_bootstrap_token_reaches_the_gateway_by_a_secret_and_no_config_map(helm: str) -> None:
    auth = {"enabled": True, "bootstrapToken": {"token": "t0p"}}
    objects = render(helm, SEED | {"vvp": SEED["vvp"] | {"auth": auth}})
    assert objects["Secret", "vvp-ververica-platform"]["data"] == {"bootstrapToken": "dDBw"}
    assert config(objects)["vvp"]["auth"] == {"enabled": True}
    names = {c["name"]: [e["name"] for e in c.get("env", [])] for c in pod(objects)["containers"]}
    assert [name for name, env in names.items() if "vvp.auth.bootstrap-token.token" in env] == ["gateway"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"vvp": {"persistence": {"type": "remote"}}}, "remote"),
        ({"vvp": {"persistence": {"type": "jdbc"}}}, "datasource.url"),
        ({"vvp": {"persistence": {"type": "local"}, "blobStrage": {}}}, "blobStrage"),
        ({"vvp": {"persistence": {"type": "local"}, "blobStorage": {"baseUri": "vvp-blob-storage"}}}, "baseUri"),
        ({"vvp": {"persistence": {"type": "local"}, "auth": {"enabled": "yes"}}}, "enabled"),
        ({"vvp": {"persistence": {"type": "local"}, "globalDeploymentDefaults": {"spec": {}}}}, "globalDeployment"),
        ({"serviceAccountName": "ververica-platform"}, "serviceAccountName"),
        ({"podLabels": {}}, "podLabels"),
        ({"volumes": [{"name": "config", "emptyDir": {}}]}, "/volumes/0"),
        ({"volumeMounts": [{"name": "license", "mountPath": "/vvp/etc"}]}, "/volumeMounts/0"),
    ],
)
def test_what_is_not_documented_is_refused_by_name(helm: str, values: dict[str, Any], said: str) -> None:
    assert said in refusal(helm, LICENSED | values)


def test_extra_labels_are_on_the_pod_too(helm: str) -> None:
    objects = render(helm, SEED | {"extraLabels": {"team": "streaming"}})
    template = objects["Deployment", "vvp-ververica-platform"]["spec"]["template"]
    assert template["metadata"]["labels"]["team"] == "streaming"
    assert all(found["metadata"]["labels"]["team"] == "streaming" for found in objects.values())


def test_a_changed_configuration_restarts_the_pod(helm: str) -> None:
    def checksum(values: dict[str, Any]) -> str:
        template = render(helm, values)["Deployment", "vvp-ververica-platform"]["spec"]["template"]
        return template["metadata"]["annotations"]["checksum/config"]

    other = SEED["vvp"] | {"blobStorage": {"baseUri": "s3://other"}}
    assert checksum(SEED) != checksum(SEED | {"vvp": other})
