"""What all of EC2's resources share."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, ClassVar

from provider_kit import PluginError, Properties, Unknown
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.session import is_gone
from sandbox.plugins.aws.spelling import tag_list, tag_map
from sandbox.plugins.sdk_schema import Problem


def cidr_problem(prop: str, value: Any, shortest: int = 0, longest: int = 32) -> Iterator[Problem]:
    """Faults of an IPv4 CIDR: not a network address, or a prefix outside the range."""
    if not isinstance(value, str):
        return
    try:
        network = ipaddress.IPv4Network(value)
    except ValueError as error:
        yield prop, f'"{value}" is not a valid IPv4 CIDR block: {error}'
        return
    if not shortest <= network.prefixlen <= longest:
        yield (
            prop,
            f"expected {value} to contain a network Value with between {shortest} and {longest} significant bits",
        )


class Ec2Resource(AwsResource):
    """What EC2's resources share: one describe call by id, and tags by id."""

    service = "ec2"
    kind: ClassVar[str]
    """The resource type in tag specifications and ARNs."""
    list_call: ClassVar[str]
    ids: ClassVar[str]
    """The list call's parameter that takes ids."""
    items: ClassVar[str]
    """The list call's answer."""
    gone_states: ClassVar[tuple[str, ...]] = ("deleted", "deleting")
    ready_state: ClassVar[str] = ""
    delete_call: ClassVar[str]
    id_name: ClassVar[str]
    """The parameter that holds the id, in the delete call and in answers."""

    def params(self, job: Job) -> Properties:
        tags = tag_list(job.tags)
        if isinstance(tags, Unknown) or not tags:
            return super().params(job)
        return {**super().params(job), "TagSpecifications": [{"ResourceType": self.kind, "Tags": tags}]}

    def found(self, job: Job, id: str) -> Properties | None:
        """The API's description of one; None if it is gone."""
        items = getattr(job.client, self.list_call)(**{self.ids: [id]})[self.items]
        return next((item for item in items if item.get("State") not in self.gone_states), None)

    def parsed(self, job: Job, item: Properties) -> Properties:
        """The outputs from such a description, besides those that all have."""
        raise NotImplementedError(self.token)

    def describe(self, job: Job, id: str) -> Properties | None:
        item = self.found(job, id)
        if item is None:
            return None
        owner = item.get("OwnerId") or job.cloud.account
        arn = f"arn:{job.cloud.partition}:ec2:{job.region}:{owner}:{self.kind}/{id}"
        return {"arn": arn, "ownerId": owner, "tagsAll": tag_map(item.get("Tags")), **self.parsed(job, item)}

    def ready(self, job: Job, id: str) -> None:
        def probe() -> bool | None:
            item = self.found(job, id)
            if item and item["State"] == "failed":
                raise PluginError(item.get("FailureMessage", "the resource went to state failed"))
            return True if item and item["State"] == self.ready_state else None

        if self.ready_state:
            job.wait(f"{self.label} ({id}) to be {self.ready_state}", probe, 10)

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        if drop:
            job.client.delete_tags(Resources=[id], Tags=[{"Key": key} for key in drop])
        if put:
            job.client.create_tags(Resources=[id], Tags=tag_list(put))

    def remove(self, job: Job, id: str) -> None:
        getattr(job.client, self.delete_call)(**{self.id_name: id})

    def removed(self, job: Job, id: str) -> None:
        def probe() -> bool | None:
            try:
                return True if self.found(job, id) is None else None
            except job.client.exceptions.ClientError as error:
                if is_gone(error):
                    return True
                raise

        job.wait(f"{self.label} ({id}) delete", probe, 20)
