"""What the program registers, options included: providers, parents, protection, order, secrets."""

import json
from typing import Any

import pytest

from tests.program.recorder import ACCOUNT, ISSUER, Program, run
from tests.stacks import changed, stack_file

DEV = stack_file()
ROLE = "aws:iam/role:Role"
JOBS = ("greeting-request-consumer", "greeting-request-producer")
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
RELEASE = "kubernetes:helm.sh/v3:Release"
HOLDS_DATA = {"aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:kinesis/stream:Stream", "eks:index:Cluster"}


def stack(*secrets: str, preview: bool = False, **changes: Any) -> Program:
    return run(changed(DEV, **{f"vvp:{path}": value for path, value in changes.items()}), *secrets, preview=preview)


@pytest.fixture(scope="module")
def dev() -> Program:
    return run(DEV)


@pytest.fixture(scope="module")
def prod() -> Program:
    return stack(environment="prod")


def licensed(**changes: Any) -> Program:
    return stack(
        "vvp:license",
        "vvp:apiToken",
        "vvp:databasePassword",
        **{
            "platform__acceptCommunityEditionLicense": False,
            "license": "vvp: {license: {data: geheim-l}}",
            "apiToken": "geheim-t",
            "databasePassword": "geheim-p",
            "platform__persistence": {"type": "jdbc", "url": "jdbc:postgresql://db:5432/vvp", "username": "vvp"},
            **changes,
        },
    )


def test_every_resource_has_an_explicit_provider(dev: Program) -> None:
    for resource in dev.resources:
        if resource.custom and not resource.type.startswith("pulumi:"):
            package = resource.type.split(":", 1)[0]
            assert f"pulumi:providers:{package}::" in resource.provider, resource.urn


def test_every_resource_but_those_of_the_table_of_contents_lies_in_a_component(dev: Program) -> None:
    top = {r.type for r in dev.resources if r.custom and not list(dev.above(r))}
    assert top == {
        "pulumi:providers:aws",
        "pulumi:providers:kubernetes",
        "pulumi:providers:vvp",
        "kubernetes:core/v1:Namespace",
        "kubernetes:storage.k8s.io/v1:StorageClass",
    }


def test_dev_protects_nothing(dev: Program) -> None:
    assert not [resource.urn for resource in dev.resources if resource.protect]
    assert dev.one("aws:s3/bucket:Bucket").inputs["forceDestroy"] is True


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_what_holds_data_is_protected(environment: str) -> None:
    program = stack(environment=environment)
    protected = {resource.urn for resource in program.resources if resource.protect}
    assert {r.urn for kind in HOLDS_DATA for r in program.of(kind)} == protected
    assert program.one("aws:s3/bucket:Bucket").inputs["forceDestroy"] is False
    assert program.one("eks:index:Cluster").inputs["deletionProtection"] is True
    assert program.one("kubernetes:storage.k8s.io/v1:StorageClass").inputs["reclaimPolicy"] == "Retain"


def test_seed_eksctl_create_cluster_vvp(dev: Program) -> None:
    cluster = dev.one("eks:index:Cluster").inputs
    assert cluster["name"] == "vvp"
    assert cluster["authenticationMode"] == "API"
    assert cluster["endpointPrivateAccess"] is True
    assert cluster["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert set(cluster["enabledClusterLogTypes"]) == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    assert cluster["encryptionConfigKeyArn"].endswith("key/vvp-secrets")
    assert dev.one("aws:cloudwatch/logGroup:LogGroup").urn in dev.one("eks:index:Cluster").depends_on


def test_seed_eksctl_utils_associate_iam_oidc_provider(dev: Program) -> None:
    provider = dev.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider").inputs
    assert provider == {"url": f"https://{ISSUER}", "clientIdLists": ["sts.amazonaws.com"]}


def test_seed_kubectl_create_namespace_vvp_and_kyverno(dev: Program) -> None:
    names = {resource.inputs["metadata"]["name"] for resource in dev.of("kubernetes:core/v1:Namespace")}
    assert names == {"vvp", "kyverno"}


def test_without_networks_there_is_no_public_endpoint() -> None:
    cluster = stack(cluster__publicAccessCidrs=[]).one("eks:index:Cluster").inputs
    assert cluster["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in cluster


def test_nodes_take_imdsv2_with_hop_limit_1_and_encrypted_disks(dev: Program) -> None:
    template = dev.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert template["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"


def test_nodes_and_addons_come_in_an_order_that_a_new_cluster_can_take(dev: Program) -> None:
    def addon(name: str) -> Any:
        return dev.one("aws:eks/addon:Addon", f"vvp-{name}")

    group = dev.one("eks:index:ManagedNodeGroup")
    assert {addon("vpc-cni").urn, addon("kube-proxy").urn} <= group.depends_on
    assert {route.urn for route in dev.of("aws:ec2/route:Route")} <= group.depends_on
    for name in ("coredns", "aws-ebs-csi-driver"):
        assert group.urn in addon(name).depends_on
    roles = {r.name: r.inputs["name"] for r in dev.of(ROLE)}
    assert addon("aws-ebs-csi-driver").inputs["serviceAccountRoleArn"].endswith(roles["vvp-ebs-csi"])
    assert addon("vpc-cni").inputs["serviceAccountRoleArn"].endswith(roles["vvp-vpc-cni"])
    kubernetes = dev.one("pulumi:providers:kubernetes")
    assert addon("aws-ebs-csi-driver").urn in kubernetes.depends_on


def test_the_default_storage_class_is_encrypted_gp3(dev: Program) -> None:
    (storage_class,) = dev.of("kubernetes:storage.k8s.io/v1:StorageClass")
    assert storage_class.inputs["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert storage_class.inputs["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert storage_class.urn in dev.one(RELEASE, "vvp").depends_on


@pytest.mark.parametrize(("nat", "count"), [("single", 1), ("per-zone", 3)])
def test_each_private_subnet_has_a_way_out(nat: str, count: int) -> None:
    program = stack(network__nat=nat)
    gateways = {r.name + "-id" for r in program.of("aws:ec2/natGateway:NatGateway")}
    assert len(gateways) == count
    routes = [r.inputs["natGatewayId"] for r in program.of("aws:ec2/route:Route") if "natGatewayId" in r.inputs]
    assert len(routes) == 3
    assert set(routes) == gateways


def test_subnets_carry_the_tags_that_eks_wants(dev: Program) -> None:
    for subnet in dev.of("aws:ec2/subnet:Subnet"):
        role = "kubernetes.io/role/elb" if "public" in subnet.name else "kubernetes.io/role/internal-elb"
        assert subnet.inputs["tags"][role] == "1"
        assert subnet.inputs["tags"]["kubernetes.io/cluster/vvp"] == "shared"


def test_an_existing_vpc_is_used_and_not_made() -> None:
    existing = {"vpcId": "vpc-0123456789abcdef0", "privateSubnetIds": ["subnet-01234567", "subnet-89abcdef"]}
    program = stack(network={"existing": existing})
    assert not [r for r in program.resources if r.type.startswith("aws:ec2/") and "launchTemplate" not in r.type]
    assert program.one("eks:index:Cluster").inputs["vpcId"] == existing["vpcId"]
    assert program.one("eks:index:ManagedNodeGroup").inputs["subnetIds"] == existing["privateSubnetIds"]


def test_seed_aws_s3_mb_vvp_blob_storage(dev: Program) -> None:
    assert dev.one("aws:s3/bucket:Bucket").inputs["bucket"] == "vvp-blob-storage"
    blocked = dev.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(blocked[flag] is True for flag in flags)
    (rule,) = dev.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration").inputs[
        "rules"
    ]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
    versioning = dev.one("aws:s3/bucketVersioning:BucketVersioning").inputs["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}
    controls = dev.one("aws:s3/bucketOwnershipControls:BucketOwnershipControls").inputs["rule"]
    assert controls == {"objectOwnership": "BucketOwnerEnforced"}
    policy = json.loads(dev.one("aws:s3/bucketPolicy:BucketPolicy").inputs["policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_lifecycle_and_access_log_are_settings() -> None:
    program = stack(
        blobStorage__expiry=[{"prefix": "tmp/", "days": 3}],
        blobStorage__noncurrentDays=5,
        blobStorage__accessLogBucket="my-logs",
    )
    rules = program.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    assert rules[0]["noncurrentVersionExpiration"] == {"noncurrentDays": 5}
    assert rules[0]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert rules[1]["filter"] == {"prefix": "tmp/"}
    assert rules[1]["expiration"] == {"days": 3}
    assert program.one("aws:s3/bucketLogging:BucketLogging").inputs["targetBucket"] == "my-logs"


def test_seed_aws_iam_create_policy_vvp_blob_storage(dev: Program) -> None:
    policy = dev.one("aws:iam/policy:Policy", "blob-storage-platform")
    assert policy.inputs["name"] == "vvp-blob-storage"
    actions = [a for s in json.loads(policy.inputs["policy"])["Statement"] for a in s["Action"]]
    assert not [action for action in actions if "*" in action]


def test_seed_policy_with_every_s3_action_must_be_asked_for_by_name() -> None:
    policy = (
        stack(blobStorage__platformAccess="all-s3-actions")
        .one("aws:iam/policy:Policy", "blob-storage-platform")
        .inputs["policy"]
    )
    first = json.loads(policy)["Statement"][0]
    assert first["Action"] == "s3:*"
    assert first["Resource"] == ["arn:aws:s3:::vvp-blob-storage", "arn:aws:s3:::vvp-blob-storage/*"]


def test_seed_aws_iam_create_role_vvp_ververica_platform(dev: Program) -> None:
    role = dev.one(ROLE, "ververica-platform").inputs
    assert role["name"] == "vvp-ververica-platform"
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert statement["Condition"]["StringEquals"][f"{ISSUER}:sub"] == "system:serviceaccount:vvp:ververica-platform"


def test_seed_aws_iam_attach_role_policy(dev: Program) -> None:
    attachment = dev.one(ATTACHMENT, "ververica-platform-vvp-blob-storage")
    assert attachment.inputs["role"] == "vvp-ververica-platform"
    assert attachment.inputs["policyArn"] == f"arn:aws:iam::{ACCOUNT}:policy/vvp-blob-storage"
    # Whoever uses the role waits for its policies.
    assert attachment.urn in dev.one(RELEASE, "vvp").depends_on


def test_seed_kubectl_apply_vvp_rbac_ververica_platform_yaml(dev: Program) -> None:
    account = dev.one("kubernetes:core/v1:ServiceAccount", "ververica-platform").inputs["metadata"]
    assert account == {
        "name": "ververica-platform",
        "namespace": "vvp",
        "annotations": {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/vvp-ververica-platform"},
    }
    binding = dev.one("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "ververica-platform").inputs
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "ververica-platform", "namespace": "vvp"}]
    assert binding["roleRef"]["name"] == "ververica-platform"


def test_pod_identity_takes_the_place_of_irsa_for_workloads() -> None:
    program = stack(identity__kind="pod-identity")
    association = program.one("aws:eks/podIdentityAssociation:PodIdentityAssociation", "ververica-platform").inputs
    assert (association["namespace"], association["serviceAccount"]) == ("vvp", "ververica-platform")
    assert (
        not program.one("kubernetes:core/v1:ServiceAccount", "ververica-platform").inputs["metadata"].get("annotations")
    )
    trust = program.one(ROLE, "ververica-platform").inputs["assumeRolePolicy"]
    assert "pods.eks.amazonaws.com" in trust
    assert "sts:AssumeRoleWithWebIdentity" not in trust
    assert "eks-pod-identity-agent" in {r.inputs["addonName"] for r in program.of("aws:eks/addon:Addon")}


def test_seed_helm_install_kyverno(dev: Program) -> None:
    release = dev.one(RELEASE, "kyverno").inputs
    assert release["repositoryOpts"] == {"repo": "https://kyverno.github.io/kyverno"}
    assert (release["chart"], release["version"], release["namespace"]) == ("kyverno", "3.9.1", "kyverno")


def test_seed_kubectl_apply_vvp_policy_deployments_yaml(dev: Program) -> None:
    policy = dev.one("kubernetes:policies.kyverno.io/v1:ValidatingPolicy")
    assert policy.inputs["spec"]["validationActions"] == ["Deny"]
    assert policy.urn in dev.one(RELEASE, "vvp").depends_on
    assert dev.one(RELEASE, "kyverno").urn in policy.depends_on


def test_both_engines_get_the_same_rule(dev: Program) -> None:
    program = stack(admission={"engine": "admission-policy"})
    own = program.one("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy").inputs["spec"]
    kyverno = dev.one("kubernetes:policies.kyverno.io/v1:ValidatingPolicy").inputs["spec"]
    assert {key: kyverno[key] for key in own} == own
    binding = program.one("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding").inputs["spec"]
    assert binding == {"policyName": "deployments", "validationActions": ["Deny"]}
    assert not [r for r in program.of(RELEASE) if r.name == "kyverno"]


def test_seed_helm_install_vvp_with_its_four_values_files(dev: Program) -> None:
    release = dev.one(RELEASE, "vvp").inputs
    assert release["repositoryOpts"] == {"repo": "https://charts.ververica.com"}
    assert (release["chart"], release["name"], release["namespace"]) == ("ververica-platform", "vvp", "vvp")
    values = release["values"]
    assert values["vvp"] == {
        "persistence": {"type": "local"},
        "blobStorage": {"baseUri": "s3://vvp-blob-storage"},
    }
    assert values["rbac"] == {"create": False, "serviceAccountName": "ververica-platform"}
    assert values["acceptCommunityEditionLicense"] is True


def test_licence_password_and_token_reach_the_platform_by_name_only() -> None:
    program = licensed()
    release = program.one(RELEASE, "vvp").inputs
    assert "geheim" not in json.dumps(release)
    assert "acceptCommunityEditionLicense" not in release["values"]
    assert release["values"]["vvp"]["auth"]["enabled"] is True
    assert release["values"]["vvp"]["persistence"]["datasource"] == {"url": "jdbc:postgresql://db:5432/vvp"}
    names = {e["name"]: e["valueFrom"]["secretKeyRef"] for e in release["values"]["env"]}
    assert names["SPRING_DATASOURCE_PASSWORD"] == {"name": "vvp-database", "key": "password"}
    for secret in program.of("kubernetes:core/v1:Secret"):
        assert "stringData" in secret.secrets
        assert secret.urn in program.one(RELEASE, "vvp").depends_on


def test_outputs(dev: Program) -> None:
    assert set(dev.outputs) == {"kubeconfig", "cluster", "bucket", "issuer", "roles", "platform"}
    assert dev.outputs["issuer"] == ISSUER
    assert dev.outputs["roles"] == {
        f"vvp/{account}": f"arn:aws:iam::{ACCOUNT}:role/vvp-{account}" for account in ("ververica-platform", *JOBS)
    }
    assert "port-forward service/vvp-ververica-platform 8080:80" in dev.outputs["platform"]["portForward"]


def test_a_faulty_stack_file_registers_nothing() -> None:
    with pytest.raises(Exception, match="2 faults; nothing was created"):
        stack(environment="qa", cluster__name="-")


def test_a_preview_registers_all_that_an_update_does(dev: Program) -> None:
    preview = run(DEV, preview=True)
    assert {resource.urn for resource in preview.resources} == {resource.urn for resource in dev.resources}
