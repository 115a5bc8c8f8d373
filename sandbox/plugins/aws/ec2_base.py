"""What all of EC2's resources share: calls and parameters are named after the thing, and tags are set by id."""

from typing import ClassVar

from provider_kit import Properties
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource


class Ec2Resource(AwsResource):
    """A subclass says what its `thing` is, and in its tables only what EC2 names otherwise."""

    service = "ec2"
    ids: ClassVar[str]
    """The parameter of the describe call that takes ids."""
    tag_calls = "create_tags delete_tags"
    status, why, minutes, gone_minutes = "State", "FailureMessage", 10, 20

    @classmethod
    def usual(cls) -> dict[str, str]:
        name = cls.thing.title().replace("_", "")
        return super().usual() | {
            "reads": f"describe_{cls.thing}s",
            "ids": f"{name}Ids",
            "item": f"{name}s[?State!='deleted' && State!='deleting'] | [0]",
            "key": f"{name}Id",
            "made": f"{name}.{name}Id",
            "kind": cls.thing.replace("_", "-"),
        }

    def read_params(self, step: Step, id: str) -> Properties:
        return {self.ids: [id]}

    def tagged(self, step: Step, id: str) -> Properties:
        return {"Resources": [id]}

    def more(self, step: Step, found: Properties) -> Properties:
        owner = found.get("OwnerId") or step.cloud.account
        arn = f"arn:{step.cloud.partition}:ec2:{step.region}:{owner}:{self.kind}/{found[self.key]}"
        return {"arn": arn, "ownerId": owner}
