"""The values of the platform's chart: the article's four files, merged.

The keys are documented at https://docs.ververica.com/vvp/installation-and-upgrades/install-with-helm/configuration;
none of them holds a secret, which come from Kubernetes Secrets by name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input

from components.kubernetes.guarded import PLATFORM_LABEL
from settings.sections import JdbcPersistence, PlatformSettings

LICENSE_MOUNT = "/vvp/license"
LICENSE_FILE = "license.yaml"
TOKEN_VARIABLE = "vvp.auth.bootstrap-token.token"
"""The variable by which the chart itself hands its gateway the token."""
DATABASE_VARIABLES = {"username": "SPRING_DATASOURCE_USERNAME", "password": "SPRING_DATASOURCE_PASSWORD"}
"""The chart turns `vvp.persistence.datasource` into Spring's `spring.datasource`; these two names reach it from
outside."""

Values = dict[str, Any]


def platform_values(
    settings: PlatformSettings,
    *,
    base_uri: Input[str],
    service_account: Input[str],
    license_secret: Input[str] | None = None,
    database_secret: Input[str] | None = None,
    token_secret: Input[str] | None = None,
) -> Values:
    """The values for one platform.

    Args:
        settings: The stack's platform section.
        base_uri: Where the platform keeps its blobs, as the chart takes it.
        service_account: The platform's service account.
        license_secret: Name of the Kubernetes Secret with the licence under `license.yaml`.
        database_secret: Name of the Secret with `username` and `password`.
        token_secret: Name of the Secret with the bootstrap token under `token`.
    """
    environment: list[Values] = []
    if database_secret:
        environment += [_from_secret(name, database_secret, key) for key, name in DATABASE_VARIABLES.items()]
    if token_secret:
        environment.append(_from_secret(TOKEN_VARIABLE, token_secret, "token"))
    vvp: Values = {
        "persistence": _persistence(settings),
        "blobStorage": {"baseUri": base_uri},
    }
    if token_secret:
        vvp["auth"] = {"enabled": True, "admins": list(settings.admins)}
    values: Values = {
        "vvp": vvp,
        # The chart looks at the name only when it makes nothing itself.
        "rbac": {"create": False, "serviceAccountName": service_account},
        "env": environment,
        "extraLabels": dict(PLATFORM_LABEL),
    }
    return {**values, **(_license(license_secret) if license_secret else {"acceptCommunityEditionLicense": True})}


def _persistence(settings: PlatformSettings) -> Mapping[str, Any]:
    if isinstance(settings.persistence, JdbcPersistence):
        return {"type": "jdbc", "datasource": {"url": settings.persistence.url}}
    return {"type": "local"}


def _license(secret: Input[str]) -> Values:
    volumes: Sequence[Values] = [{"name": "license", "secret": {"secretName": secret}}]
    return {
        "licenseConfigPath": f"file:{LICENSE_MOUNT}/{LICENSE_FILE}",
        "volumes": volumes,
        "volumeMounts": [{"name": "license", "mountPath": LICENSE_MOUNT, "readOnly": True}],
    }


def _from_secret(variable: str, secret: Input[str], key: str) -> Values:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
