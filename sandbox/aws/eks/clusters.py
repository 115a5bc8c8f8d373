"""EKS clusters: CreateCluster starts the sandbox's control plane, DeleteCluster ends it.

See https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html.
"""

import base64
import contextvars
import logging
import secrets
import threading
from typing import Any, Protocol

from sandbox import layout
from sandbox.aws import emulator
from sandbox.aws.eks import access, checks, cluster_config, control_plane_logs, interfaces, updates
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Input
from sandbox.cluster import files

VERSIONS = tuple(f"1.{minor}" for minor in range(30, 37))
"""Kubernetes versions that EKS takes. The binaries are the sandbox's, whichever is asked for."""

UNSUPPORTED = (
    "outpostConfig",
    "zonalShiftConfig",
    "remoteNetworkConfig",
    "computeConfig",
    "storageConfig",
    "controlPlaneScalingConfig",
    "kubeApiServerConfig",
    "kubeSchedulerConfig",
    "kubeControllerManagerConfig",
)

logger = logging.getLogger("sandbox.eks")


class ControlPlane(Protocol):
    """What runs a cluster's processes: the module sandbox.cluster.lifecycle."""

    def create(self, name: str, region: str, version: str, oidc_id: str, issuer: str) -> None:
        """Starts a new, empty cluster and returns before it answers."""
        ...

    def ready(self) -> bool:
        """Whether the API server answers."""
        ...

    def destroy(self) -> None:
        """Ends it and wipes its data."""
        ...

    def certificate_authority(self) -> str:
        """The API server's authority in PEM."""
        ...


class Clusters:
    """The operations on clusters."""

    def __init__(self, control_plane: ControlPlane, changed: Any) -> None:
        """Takes what runs the processes, and what is called when a cluster changed by itself."""
        self._control_plane = control_plane
        self._changed = changed

    def create(self, request: Input) -> Any:
        """CreateCluster."""
        name = request["name"]
        if name in checks.store("clusters"):
            raise Refused("ResourceInUseException", f"Cluster already exists with name: {name}")
        if checks.store("clusters").has_any():
            other = next(iter(checks.store("clusters").all_values()))["name"]
            raise Refused(
                "ResourceLimitExceededException", f"The sandbox runs one cluster at a time, and there is {other}."
            )
        self._refuse_unsupported(request)
        record = _new_record(request)
        checks.store("clusters")[name] = record
        interfaces.of_control_plane(record)
        control_plane_logs.write(record)
        if record["tags"]:
            checks.store("tags")[record["arn"]] = dict(record["tags"])
        if request.get("accessConfig", {}).get("bootstrapClusterCreatorAdminPermissions", True):
            access.bootstrap(name, emulator.caller_arn())
        self._start(record)
        return {"cluster": self.show(record)}

    def describe(self, request: Input) -> Any:
        """DescribeCluster."""
        return {"cluster": self.show(checks.cluster(request["name"]))}

    def list(self, request: Input) -> Any:
        """ListClusters."""
        return checks.page(list(checks.store("clusters").keys()), request, "clusters")

    def delete(self, request: Input) -> Any:
        """DeleteCluster."""
        name = request["name"]
        record = checks.cluster(name)
        if record.get("deletionProtection"):
            raise Refused(
                "InvalidRequestException", f"Cluster {name} has deletion protection enabled and cannot be deleted."
            )
        if any(key.startswith(f"{name}/") for key in checks.store("nodegroups")):
            raise Refused("ResourceInUseException", "Cluster has nodegroups attached")
        if record["status"] != "DELETING":
            record["status"] = "DELETING"
            self._end(record)
        return {"cluster": self.show(record)}

    def refresh(self) -> None:
        """Makes a new cluster ACTIVE when its API server answers."""
        for record in checks.store("clusters").all_values():
            if record["status"] == "CREATING" and self._control_plane.ready():
                authority = self._control_plane.certificate_authority()
                record["certificateAuthority"] = {"data": base64.b64encode(authority.encode()).decode()}
                record["endpoint"] = f"https://127.0.0.1:{layout.Sandbox.load().ports['apiserver']}"
                record["status"] = "ACTIVE"
                self._changed("eks")

    def repair(self) -> None:
        """Brings records and processes together again after the machine went off between the two."""
        records = list(checks.store("clusters").all_items())
        running = files.Identity.load()
        for (account, region, name), record in records:
            with emulator.core("responses").request_scope(account, region):
                if record["status"] == "DELETING":
                    self._end(record)
                elif running is None or record["identity"]["oidc"]["issuer"] != running.issuer:
                    logger.warning("cluster %s has lost its control plane: it gets a new, empty one", name)
                    self._control_plane.destroy()
                    record["status"] = "CREATING"
                    self._start(record)
        if running and not records:
            logger.warning("control plane of %s has no cluster any more: it is ended", running.name)
            self._control_plane.destroy()

    def show(self, record: checks.Record) -> checks.Record:
        """A cluster as DescribeCluster gives it."""
        shown = {name: value for name, value in record.items() if not name.startswith("_")}
        return shown | {"tags": dict(checks.store("tags").get(record["arn"], {}))}

    def _refuse_unsupported(self, request: Input) -> None:
        for member in UNSUPPORTED:
            if request.get(member):
                raise Refused("InvalidParameterException", f"the sandbox's EKS does not support {member}")

    def _start(self, record: checks.Record) -> None:
        issuer: str = record["identity"]["oidc"]["issuer"]
        region = record["arn"].split(":")[3]
        try:
            self._control_plane.create(record["name"], region, record["version"], issuer.rpartition("/")[2], issuer)
        except Exception:
            # Whatever kept it from starting, a cluster that nothing runs must not stay behind.
            _forget(record)
            raise

    def _end(self, record: checks.Record) -> None:
        """Ends the control plane in a thread of its own: stopping its processes takes seconds."""

        def end() -> None:
            self._control_plane.destroy()
            _forget(record)
            control_plane_logs.write_late(record, self._changed)
            self._changed("eks")
            self._changed("ec2")

        context = contextvars.copy_context()  # names the account and region whose tables are meant
        threading.Thread(target=context.run, args=(end,), name="delete-cluster", daemon=True).start()


def _forget(record: checks.Record) -> None:
    name = record["name"]
    for table in ("addons", "access_entries", "access_policies", "pod_identity_associations"):
        rows = checks.store(table)
        for key in [key for key in rows if key.startswith((f"{name}/", f"{name}\0"))]:
            row = rows.pop(key)
            for arn in ("addonArn", "accessEntryArn", "associationArn"):
                checks.store("tags").pop(row.get(arn, ""), None)
    checks.store("tags").pop(record["arn"], None)
    if interfaces.end_control_plane(record):
        emulator.service("ec2")._security_groups.pop(record["resourcesVpcConfig"]["clusterSecurityGroupId"], None)
    checks.store("clusters").pop(name, None)


def _new_record(request: Input) -> checks.Record:
    name, region, account = request["name"], emulator.region(), emulator.account_id()
    version = request.get("version", VERSIONS[-1])
    if version not in VERSIONS:
        raise Refused("InvalidParameterException", f"unsupported Kubernetes version {version}")
    checks.service_role(request["roleArn"])
    if "encryptionConfig" in request:
        cluster_config.encryption(request["encryptionConfig"])
    mode = request.get("accessConfig", {}).get("authenticationMode", "CONFIG_MAP")
    if mode == "CONFIG_MAP":
        message = "the sandbox's EKS does not support authentication mode CONFIG_MAP (the default): set API"
        raise Refused("InvalidParameterException", message)
    cluster_config.zones(name, request["resourcesVpcConfig"].get("subnetIds", []))
    network = cluster_config.vpc(request["resourcesVpcConfig"], {})
    oidc_id = secrets.token_hex(16).upper()
    record = {
        "name": name,
        "arn": f"arn:aws:eks:{region}:{account}:cluster/{name}",
        "createdAt": checks.now(),
        "version": version,
        "roleArn": request["roleArn"],
        "resourcesVpcConfig": network,
        "kubernetesNetworkConfig": cluster_config.kubernetes_network(
            request.get("kubernetesNetworkConfig", {}), network
        ),
        "logging": cluster_config.logs(request.get("logging", {}), ()),
        "identity": {"oidc": {"issuer": f"https://oidc.eks.{region}.amazonaws.com/id/{oidc_id}"}},
        "status": "CREATING",
        "certificateAuthority": {},
        "clientRequestToken": request.get("clientRequestToken", ""),
        "platformVersion": "eks.1",
        "tags": request.get("tags", {}),
        "health": {"issues": []},
        "accessConfig": {"authenticationMode": mode},
        "upgradePolicy": {"supportType": request.get("upgradePolicy", {}).get("supportType", "EXTENDED")},
        "deletionProtection": request.get("deletionProtection", False),
    }
    if "encryptionConfig" in request:
        record["encryptionConfig"] = request["encryptionConfig"]
    network["clusterSecurityGroupId"] = _cluster_security_group(name, network["vpcId"])
    return record


def _cluster_security_group(cluster: str, vpc_id: str) -> str:
    """EKS makes a security group for each cluster and removes it with the cluster."""
    ec2 = emulator.service("ec2")
    group_id = str(ec2._new_sg_id())
    everywhere = {"IpProtocol": "-1", "Ipv6Ranges": [], "PrefixListIds": []}
    ec2._security_groups[group_id] = {
        "GroupId": group_id,
        "GroupName": f"eks-cluster-sg-{cluster}-{secrets.randbelow(10**9)}",
        "Description": "Made by EKS for the control plane's network interfaces and for managed workloads.",
        "VpcId": vpc_id,
        "OwnerId": emulator.account_id(),
        "IpPermissions": [
            everywhere | {"IpRanges": [], "UserIdGroupPairs": [{"GroupId": group_id, "UserId": emulator.account_id()}]}
        ],
        "IpPermissionsEgress": [everywhere | {"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": []}],
    }
    ec2._tags[group_id] = [
        {"Key": "aws:eks:cluster-name", "Value": cluster},
        {"Key": f"kubernetes.io/cluster/{cluster}", "Value": "owned"},
    ]
    return group_id


def associate_encryption(request: Input) -> Any:
    """AssociateEncryptionConfig."""
    record = checks.active_cluster(request["clusterName"])
    if record.get("encryptionConfig"):
        raise Refused(
            "InvalidRequestException", f"Cluster {record['name']} already has encryption configuration associated."
        )
    cluster_config.encryption(request["encryptionConfig"])
    record["encryptionConfig"] = request["encryptionConfig"]
    return {
        "update": updates.record(record, "AssociateEncryptionConfig", {"EncryptionConfig": request["encryptionConfig"]})
    }
