"""What the person who deploys a stack on AWS must be allowed, as policies that name what the stack is called.

Several policies, since IAM takes no more than 6,144 characters each. Which action a call asks for, and what an action
can be narrowed by, is AWS' own: https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grants.iam_documents import POD_IDENTITY_SERVICE, Document, Statement, Value, allow, document

STACK_TAG = "vvp:stack"
"""The tag that the stack's resources carry, with the stack's name."""
CLUSTER_ROLE = "vvp-eksRole-role-*"
"""The control plane's role: Pulumi's EKS component makes it and Pulumi ends its name."""
AWS_POLICIES = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKS_CNI_Policy",
    "service-role/AmazonEBSCSIDriverPolicy",
)
"""The AWS managed policies that the stack attaches; no other may be attached."""
_SERVICE_ROLES = ("eks.amazonaws.com", "eks-nodegroup.amazonaws.com")
"""EKS makes its own roles in the name of whoever makes an account's first cluster and node group."""

_READ_NETWORK = (
    *("AddressesAttribute", "Addresses", "AvailabilityZones", "InternetGateways", "LaunchTemplates"),
    *("LaunchTemplateVersions", "NatGateways", "NetworkAcls", "NetworkInterfaces", "PrefixLists", "Regions"),
    *("RouteTables", "SecurityGroups", "SecurityGroupRules", "Subnets", "VpcAttribute", "VpcEndpoints", "Vpcs"),
)
_NEW: Mapping[str, str] = {
    "AllocateAddress": "elastic-ip",
    "CreateInternetGateway": "internet-gateway",
    "CreateNatGateway": "natgateway",
    "CreateRouteTable": "route-table",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
}
"""What a network is made of: the calls, and the kind of resource that each makes."""
_WITHIN = ("CreateNatGateway", "CreateRouteTable", "CreateSubnet", "CreateVpcEndpoint")
"""Those of them that ask for what the new resource is put into, too."""
_CHANGE_NETWORK = (
    *("AssociateRouteTable", "AttachInternetGateway", "CreateRoute", "DeleteInternetGateway", "DeleteNatGateway"),
    *("DeleteRoute", "DeleteRouteTable", "DeleteSubnet", "DeleteVpc", "DeleteVpcEndpoints", "DetachInternetGateway"),
    *("DisassociateRouteTable", "ModifyVpcAttribute", "ModifyVpcEndpoint", "ReleaseAddress", "ReplaceRoute"),
    *("ModifySubnetAttribute", "ReplaceRouteTableAssociation"),
)
_RULES = ("AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules", "RevokeSecurityGroupIngress")
"""On the group that EKS makes for the cluster: who reaches the private endpoint."""
_TEMPLATES = ("CreateLaunchTemplateVersion", "DeleteLaunchTemplate", "ModifyLaunchTemplate", "ModifySecurityGroupRules")
_ON_CLUSTER = (
    *("AssociateAccessPolicy", "CreateAccessEntry", "CreateAddon", "CreateNodegroup", "CreatePodIdentityAssociation"),
    *("DeleteAccessEntry", "DeleteAddon", "DeleteCluster", "DeleteNodegroup", "DeletePodIdentityAssociation"),
    *("DescribeAccessEntry", "DescribeAddon", "DescribeCluster", "DescribeNodegroup", "DescribeUpdate"),
    *("DescribePodIdentityAssociation", "DisassociateAccessPolicy", "ListAssociatedAccessPolicies"),
    *("ListTagsForResource", "TagResource", "UntagResource", "UpdateAccessEntry", "UpdateAddon"),
    *("UpdateClusterConfig", "UpdateClusterVersion", "UpdateNodegroupConfig", "UpdateNodegroupVersion"),
    "UpdatePodIdentityAssociation",
)
_ROLES = (
    *("CreateRole", "DeleteRole", "GetRole", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"),
    *(
        "ListRolePolicies",
        "ListRoleTags",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "UpdateRoleDescription",
    ),
)
_POLICIES = (
    *("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "GetPolicy", "GetPolicyVersion"),
    *("ListPolicyTags", "ListPolicyVersions", "TagPolicy", "UntagPolicy"),
)
_OIDC = (
    *("AddClientIDToOpenIDConnectProvider", "CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider"),
    *(
        "GetOpenIDConnectProvider",
        "ListOpenIDConnectProviderTags",
        "RemoveClientIDFromOpenIDConnectProvider",
        "TagOpenIDConnectProvider",
    ),
    *("UntagOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint"),
)
_KEYS = (
    *("CreateAlias", "CreateGrant", "DeleteAlias", "DescribeKey", "EnableKeyRotation", "GetKeyPolicy"),
    *("GetKeyRotationStatus", "ListResourceTags", "ScheduleKeyDeletion", "TagResource", "UntagResource"),
    *("UpdateAlias", "UpdateKeyDescription"),
)
_BUCKET = (
    *("CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "GetAccelerateConfiguration", "GetBucketAcl"),
    *("GetBucketCORS", "GetBucketLocation", "GetBucketLogging", "GetBucketObjectLockConfiguration"),
    *("GetBucketOwnershipControls", "GetBucketPolicy", "GetBucketPublicAccessBlock", "GetBucketRequestPayment"),
    *("GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite", "GetEncryptionConfiguration"),
    *("GetLifecycleConfiguration", "GetReplicationConfiguration", "ListBucket", "ListTagsForResource"),
    *("PutBucketLogging", "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock"),
    *("PutBucketTagging", "PutBucketVersioning", "PutEncryptionConfiguration", "PutLifecycleConfiguration"),
    *("TagResource", "UntagResource"),
)
_EMPTY_BUCKET = ("s3:ListBucketVersions", "s3:DeleteObject", "s3:DeleteObjectVersion")
_STREAMS = (
    *("AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteStream", "DescribeStreamSummary"),
    *("IncreaseStreamRetentionPeriod", "ListTagsForResource", "ListTagsForStream", "RemoveTagsFromStream"),
    *("StartStreamEncryption", "StopStreamEncryption", "TagResource", "UntagResource"),
)
_STREAMS_A_POLICY = 20
"""With the longest names they fit."""
_LOGS = (
    *("CreateLogGroup", "DeleteLogGroup", "DeleteRetentionPolicy", "ListTagsForResource", "PutRetentionPolicy"),
    *("TagResource", "UntagResource"),
)


@dataclass(frozen=True)
class Deployed:
    """What a stack is called on AWS.

    Attributes:
        partition: `aws`, `aws-us-gov` or `aws-cn`.
        account: Twelve digits.
        region: As eu-central-1.
        stack: Pulumi's name of the stack.
        cluster: The EKS cluster's name.
        role_prefix: What its roles' names begin with.
        policies: Names of its IAM policies.
        bucket: The bucket.
        streams: The streams' names.
        own_network: Whether it makes the network that it lives in.
        keeps_data: Whether the bucket must be empty before it can be deleted.
    """

    partition: str
    account: str
    region: str
    stack: str
    cluster: str
    role_prefix: str
    policies: Sequence[str]
    bucket: str
    streams: Sequence[str]
    own_network: bool
    keeps_data: bool

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def iam(self, resource: str) -> str:
        """The ARN of an IAM resource."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"

    @property
    def tagged(self) -> dict[str, Any]:
        """The condition that a resource is the stack's."""
        return {"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": self.stack}}

    @property
    def tagging(self) -> dict[str, Any]:
        """The condition that a request marks what it makes as the stack's."""
        return {"StringEquals": {f"aws:RequestTag/{STACK_TAG}": self.stack}}

    @property
    def keys(self) -> str:
        """The ARN of any key; only a condition can tell the stack's own."""
        return self.arn("kms", "key/*")


def deployer_policies(stack: Deployed) -> dict[str, Document]:
    """The policies by name: `network`, `cluster`, `data`, `streams`. Who has all can deploy, change and destroy.

    Args:
        stack: The stack's names.
    """
    groups = [
        stack.streams[start : start + _STREAMS_A_POLICY] for start in range(0, len(stack.streams), _STREAMS_A_POLICY)
    ]
    return {
        "network": document(*_network(stack)),
        "cluster": document(*_cluster(stack), *_iam(stack)),
        "data": document(*_data(stack)),
        **{f"streams-{index}" if index else "streams": _streams(stack, each) for index, each in enumerate(groups)},
    }


def _if(statement: Statement, condition: Mapping[str, Mapping[str, Any]]) -> Statement:
    return {**statement, "Condition": condition}


def _calls(service: str, names: Sequence[str]) -> list[str]:
    return [f"{service}:{name}" for name in sorted(names)]


def _network(stack: Deployed) -> list[Statement]:
    anything, templates = stack.arn("ec2", "*/*"), stack.arn("ec2", "launch-template/*")
    new = {"CreateLaunchTemplate": "launch-template", **(_NEW if stack.own_network else {})}
    made = [stack.arn("ec2", f"{kind}/*") for kind in sorted(new.values())]
    changes = _TEMPLATES + (_CHANGE_NETWORK if stack.own_network else ())
    created: Mapping[str, Any] = {
        "StringEquals": {"ec2:CreateAction": sorted([*new, "AuthorizeSecurityGroupIngress", "RunInstances"])}
    }
    of_cluster = {"StringEquals": {"aws:ResourceTag/aws:eks:cluster-name": stack.cluster}}
    rules = stack.arn("ec2", "security-group-rule/*")
    statements = [
        allow("ReadNetwork", _calls("ec2", [f"Describe{name}" for name in _READ_NETWORK]), "*"),
        _if(allow("Create", _calls("ec2", list(new)), made), stack.tagging),
        _if(allow("Change", _calls("ec2", changes), anything), stack.tagged),
        _if(allow("TagNew", "ec2:CreateTags", anything), created),
        _if(allow("TagOwn", ["ec2:CreateTags", "ec2:DeleteTags"], anything), stack.tagged),
        _if(allow("PrivateEndpoint", _calls("ec2", _RULES), stack.arn("ec2", "security-group/*")), of_cluster),
        _if(allow("PrivateEndpointRules", "ec2:AuthorizeSecurityGroupIngress", rules), stack.tagging),
        # EKS tries in the caller's name whether a node could be started from the template.
        _if(allow("NodesOfTemplate", "ec2:RunInstances", "*"), {"ArnLike": {"ec2:LaunchTemplate": templates}}),
    ]
    if stack.own_network:
        parents = [stack.arn("ec2", f"{kind}/*") for kind in ("elastic-ip", "route-table", "subnet", "vpc")]
        statements.insert(2, _if(allow("CreateWithin", _calls("ec2", _WITHIN), parents), stack.tagged))
    return statements


def _cluster(stack: Deployed) -> list[Statement]:
    own = [stack.arn("eks", f"cluster/{stack.cluster}"), stack.arn("eks", f"*/{stack.cluster}/*")]
    return [
        _if(allow("CreateCluster", "eks:CreateCluster", "*"), stack.tagging),
        allow("ReadEks", _calls("eks", ["DescribeAddonVersions", "DescribeClusterVersions", "ListClusters"]), "*"),
        allow("Cluster", _calls("eks", _ON_CLUSTER), own),
    ]


def _iam(stack: Deployed) -> list[Statement]:
    roles = [stack.iam(f"role/{name}") for name in (f"{stack.role_prefix}-*", CLUSTER_ROLE)]
    policies = [stack.iam(f"policy/{name}") for name in stack.policies]
    attachable = [*policies, *(f"arn:{stack.partition}:iam::aws:policy/{name}" for name in AWS_POLICIES)]
    attach = allow("Attach", ["iam:AttachRolePolicy", "iam:DetachRolePolicy"], roles)
    linked: Value = [stack.iam(f"role/aws-service-role/{service}/*") for service in _SERVICE_ROLES]
    to = {"iam:PassedToService": ["eks.amazonaws.com", POD_IDENTITY_SERVICE]}
    issuer = stack.iam(f"oidc-provider/oidc.eks.{stack.region}.*/id/*")
    return [
        allow("Roles", _calls("iam", _ROLES), roles),
        _if(attach, {"ArnEquals": {"iam:PolicyARN": attachable}}),
        _if(allow("PassRoles", "iam:PassRole", roles), {"StringEquals": to}),
        allow("RolesOfEks", "iam:CreateServiceLinkedRole", linked),
        allow("Policies", _calls("iam", _POLICIES), policies),
        allow("Issuer", _calls("iam", _OIDC), issuer),
    ]


def _data(stack: Deployed) -> list[Statement]:
    bucket, alias = f"arn:{stack.partition}:s3:::{stack.bucket}", stack.arn("kms", f"alias/{stack.bucket}")
    logs = stack.arn("logs", f"log-group:/aws/eks/{stack.cluster}/cluster")
    statements = [
        _if(allow("CreateKeys", ["kms:CreateKey", "kms:TagResource"], "*"), stack.tagging),
        _if(allow("Keys", _calls("kms", _KEYS), stack.keys), stack.tagged),
        allow("Alias", ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"], alias),
        allow("ReadAliases", "kms:ListAliases", "*"),
        allow("Bucket", _calls("s3", _BUCKET), bucket),
        allow("Logs", _calls("logs", _LOGS), [logs, f"{logs}:*"]),
        allow("ReadLogGroups", "logs:DescribeLogGroups", "*"),
    ]
    if not stack.keeps_data:
        statements.append(allow("EmptyBucket", _EMPTY_BUCKET, [bucket, f"{bucket}/*"]))
    return statements


def _streams(stack: Deployed, names: Sequence[str]) -> Document:
    encryption = _calls("kinesis", ["StartStreamEncryption", "StopStreamEncryption"])
    return document(
        allow("Streams", _calls("kinesis", _STREAMS), [stack.arn("kinesis", f"stream/{name}") for name in names]),
        allow("StreamKeys", encryption, stack.keys),
        # AWS' reference names no resource for these two.
        allow("StreamSize", _calls("kinesis", ["UpdateShardCount", "UpdateStreamMode"]), "*"),
    )
