"""Tokens and roles of the stand-in for Ververica Platform."""

from pathlib import Path

from tests.sandbox.platform_fixtures import TOKEN, furnished, running

TARGETS = "/api/v1/namespaces/default/deployment-targets"
DEPLOYMENTS = "/api/v1/namespaces/default/deployments"
SECRETS = "/api/v1/namespaces/default/secret-values"
TOKENS = "/apitokens/v1/namespaces/default/apitokens"
NAMESPACES = "/namespaces/v1/namespaces"


def test_roles_decide_when_authentication_is_on(tmp_path: Path) -> None:
    configuration = "vvp: {auth: {enabled: true}, blobStorage: {baseUri: s3://blobs}}"
    with running(tmp_path, {"vvp.auth.bootstrap-token.token": TOKEN}, configuration) as client:
        assert client.get(DEPLOYMENTS).status_code == 401
        assert client.get(DEPLOYMENTS, headers={"Authorization": "Bearer wrong"}).status_code == 401
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        furnished(client)
        secrets = {}
        for role in ("viewer", "editor", "owner"):
            body = {"name": f"namespaces/default/apitokens/{role}", "role": role}
            secrets[role] = client.post(TOKENS, json=body).json()["apiToken"]["secret"]
        assert all(secret not in client.get(TOKENS).text for secret in secrets.values())
        assert client.post(NAMESPACES, json={"name": "namespaces/other"}).status_code == 200
        target = {"metadata": {"name": "x"}, "spec": {"kubernetes": {}}}
        allowed: dict[str, list[int]] = {}
        for role, secret in secrets.items():
            client.headers["Authorization"] = f"Bearer {secret}"
            allowed[role] = [
                client.get(DEPLOYMENTS).status_code,
                client.deployment(f"by-{role}", state="CANCELLED").status_code,
                client.get(SECRETS).status_code,
                client.get(TARGETS).status_code,
                client.post(TARGETS, json=target).status_code,
                client.get(TOKENS).status_code,
                client.get(DEPLOYMENTS.replace("default", "other")).status_code,
                client.post(NAMESPACES, json={"name": "namespaces/mine"}).status_code,
            ]
        assert allowed == {
            "viewer": [200, 403, 403, 200, 403, 403, 403, 403],
            "editor": [200, 201, 200, 200, 403, 403, 403, 403],
            "owner": [200, 201, 200, 200, 201, 200, 403, 403],
        }
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        assert client.delete(f"{TOKENS}/viewer").status_code == 200
        client.headers["Authorization"] = f"Bearer {secrets['viewer']}"
        assert client.get(DEPLOYMENTS).status_code == 401
