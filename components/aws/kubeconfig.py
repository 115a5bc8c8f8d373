"""How a kubeconfig says who is asking: the person or the role that deploys the stack."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Deployer:
    """Who deploys, where the stack file says so.

    Attributes:
        profile: A profile of the AWS command line.
        role_arn: The role that it assumes.
    """

    profile: str | None = None
    role_arn: str | None = None

    def identify(self, kubeconfig: str) -> str:
        """The same kubeconfig, whose `aws eks get-token` asks for a token of the deployer.

        See https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html. EKS lets in who made the cluster, so
        another identity of the shell than the provider's would be a stranger.

        Args:
            kubeconfig: As `pulumi_eks` makes it, JSON.
        """
        if self == Deployer():
            return kubeconfig
        config: dict[str, Any] = json.loads(kubeconfig)
        for user in config["users"]:
            command: dict[str, Any] = user["user"]["exec"]
            if self.role_arn:
                command["args"] = [*command["args"], "--role-arn", self.role_arn]
            if self.profile:
                environment: list[dict[str, str]] = command.get("env") or []
                others = [each for each in environment if each["name"] != "AWS_PROFILE"]
                command["env"] = [*others, {"name": "AWS_PROFILE", "value": self.profile}]
        return json.dumps(config)
