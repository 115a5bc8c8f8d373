"""The role that the component makes for EKS when the program gives none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws


class ServiceRole(pulumi.ComponentResource):
    """An IAM role for an AWS service with managed policies, as in https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html.

    Attributes:
        role: the role.
        ready: the role and its attachments: what uses the role depends on all of them.
    """

    def __init__(
        self,
        name: str,
        *,
        service: str,
        description: str,
        actions: Sequence[str],
        policies: Sequence[str],
        partition: pulumi.Input[str],
        tags: pulumi.Input[dict[str, str]] | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Registers the role and the attachments.

        Args:
            name: prefix of the children's names.
            service: who may take the role, e.g. `eks.amazonaws.com`.
            description: of the role.
            actions: that the trust policy allows to the service.
            policies: names of AWS managed policies.
            partition: of AWS, e.g. `aws`.
            tags: of the role.
            opts: of this component.
        """
        super().__init__("eks:index:ServiceRole", name, None, opts)
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Action": list(actions), "Effect": "Allow", "Principal": {"Service": [service]}}],
        }
        below = pulumi.ResourceOptions(parent=self)
        self.role = aws.iam.Role(
            f"{name}-role",
            description=description,
            assume_role_policy=json.dumps(trust, separators=(",", ":")),
            tags=tags,
            opts=below,
        )
        self.ready: list[pulumi.Resource] = [self.role]
        for policy in policies:
            # The digest is of the policy's ARN in the public partition, whichever partition it is.
            digest = hashlib.sha1(f"arn:aws:iam::aws:policy/{policy}".encode(), usedforsecurity=False).hexdigest()[:8]
            arn = pulumi.Output.concat("arn:", partition, ":iam::aws:policy/", policy)
            # The role itself: the engine sends its id, which no preview knows before the role exists.
            role: Any = self.role
            attachment = aws.iam.RolePolicyAttachment(f"{name}-{digest}", policy_arn=arn, role=role, opts=below)
            self.ready.append(attachment)
        self.register_outputs({"resolvedRole": self.role, "directRole": self.role})
