"""What all of EKS' resources share."""

from __future__ import annotations

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.session import is_gone


class EksResource(AwsResource):
    """What EKS' resources share: tags by ARN, a status to wait for, updates that run in the background."""

    service = "eks"
    arn_name = "arn"
    """The output that holds the ARN."""
    minutes = 60.0
    """How long the real provider waits for a creation."""

    def params(self, job: Job) -> Properties:
        return {**super().params(job), **({"tags": job.tags} if job.tags else {})}

    def found(self, job: Job, id: str) -> Properties:
        """The API's description of one; raises a not-found error."""
        raise NotImplementedError(self.token)

    def ready(self, job: Job, id: str) -> None:
        def probe() -> bool | None:
            found = self.found(job, id)
            if found["status"].endswith("FAILED"):
                issues = (found.get("health") or {}).get("issues") or []
                why = "; ".join(f"{issue.get('code')}: {issue.get('message')}" for issue in issues)
                raise PluginError(f"unexpected state '{found['status']}', wanted target 'ACTIVE'. {why}".rstrip())
            return True if found["status"] == "ACTIVE" else None

        job.wait(f"{self.label} ({id}) to be ACTIVE", probe, self.minutes)

    def finish(self, job: Job, cluster: str, reply: Properties, **part: str) -> None:
        """Wait for an update that a call has started."""
        update = reply["update"]

        def probe() -> bool | None:
            if update["status"] == "Successful":
                return True
            now = job.client.describe_update(name=cluster, updateId=update["id"], **part)["update"]
            if now["status"] in ("Failed", "Cancelled"):
                why = "; ".join(f"{e.get('errorCode')}: {e.get('errorMessage')}" for e in now.get("errors", []))
                raise PluginError(f"unexpected state '{now['status']}', wanted target 'Successful'. {why}")
            return True if now["status"] == "Successful" else None

        job.wait(f"{self.label} update ({update['id']})", probe, 60)

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        # The state of a resource that failed half-way need not have its ARN.
        arn = (self.describe(job, id) or {})[self.arn_name]
        if drop:
            job.client.untag_resource(resourceArn=arn, tagKeys=drop)
        if put:
            job.client.tag_resource(resourceArn=arn, tags=put)

    def tags(self, job: Job, arn: str) -> dict[str, str]:
        """All tags of a resource; from the tagging call, since it is what `retag` changes."""
        return job.client.list_tags_for_resource(resourceArn=arn)["tags"]

    def removed(self, job: Job, id: str) -> None:
        def probe() -> bool | None:
            try:
                found = self.found(job, id)
            except job.client.exceptions.ClientError as error:
                if is_gone(error):
                    return True
                raise
            if found["status"] == "DELETE_FAILED":
                raise PluginError("unexpected state 'DELETE_FAILED', wanted target ''")
            return None

        job.wait(f"{self.label} ({id}) delete", probe, 60)
