"""What all of EKS' resources share: tags by ARN, a status to wait for, updates that run in the background."""

import jmespath

from provider_kit import PluginError, Properties
from sandbox.plugins.aws import service_model
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource


class EksResource(AwsResource):
    """A subclass says in its tables what is its own."""

    service, small, tag_target = "eks", True, "resourceArn"
    why = "health.issues[].join(': ', [code || '', message || '']) | join('; ', @ || `[]`)"

    def called(self, step: Step, id: str, answer: Properties) -> None:
        """Wait for the update that a call has started, if it runs in the background."""
        update = answer.get("update")
        if not update:
            return
        key = self.key_of(step, id)
        part = service_model.fitting(step.client, "describe_update", {**key, "name": key["clusterName"]})

        def probe() -> bool | None:
            if update["status"] == "Successful":
                return True
            now = step.client.describe_update(**part, updateId=update["id"])["update"]
            if now["status"] in ("Failed", "Cancelled"):
                why = jmespath.search("errors[].join(': ', [errorCode, errorMessage]) | join('; ', @)", now)
                raise PluginError(f"unexpected state '{now['status']}', wanted target 'Successful'. {why}")
            return True if now["status"] == "Successful" else None

        step.wait(f"{self.label} update ({update['id']})", probe, 60)
