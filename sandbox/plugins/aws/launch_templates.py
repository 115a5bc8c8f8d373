"""EC2 launch templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provider_kit import Properties, Unknown, has_unknown
from sandbox.plugins.aws.ec2_base import Ec2Resource
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.spelling import camel, known, known_items, pascal, recased, tag_list, tag_map
from sandbox.plugins.sdk_schema import Problem

# Terraform keeps these booleans as text, so that "not said" differs from "false".
_TEXT_BOOLEANS = frozenset({"Encrypted", "DeleteOnTermination", "EbsOptimized"})
_DATA = (
    "blockDeviceMappings ebsOptimized iamInstanceProfile imageId instanceType keyName metadataOptions monitoring "
    "tagSpecifications userData vpcSecurityGroupIds"
)


class LaunchTemplate(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/launchtemplate/"""

    token = "aws:ec2/launchTemplate:LaunchTemplate"
    label, kind = "EC2 Launch Template", "launch-template"
    supports = f"name description defaultVersion updateDefaultVersion tags {_DATA}"
    named = ("name", 125)
    replaced_by = "name"
    chosen_by_aws = "defaultVersion metadataOptions metadataOptions.* blockDeviceMappings.ebs.*"
    unordered = "vpcSecurityGroupIds"
    kept = "updateDefaultVersion"
    volatile = ("latestVersion", "defaultVersion")
    create_call, fields = "create_launch_template", "name=LaunchTemplateName description=VersionDescription"
    list_call, ids, items = "describe_launch_templates", "LaunchTemplateIds", "LaunchTemplates"
    delete_call, id_name = "delete_launch_template", "LaunchTemplateId"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if inputs.get("defaultVersion") is not None and inputs.get("updateDefaultVersion"):
            yield "defaultVersion", '"defaultVersion": conflicts with updateDefaultVersion'
        for name in ("encrypted", "deleteOnTermination"):
            for index, mapping in enumerate(map(known, known_items(inputs.get("blockDeviceMappings")))):
                value = known(mapping.get("ebs")).get(name)
                if isinstance(value, str) and value not in ("true", "false"):
                    reason = f"expected {name} to be one of [true false], got {value}"
                    yield f"blockDeviceMappings[{index}].ebs.{name}", reason

    def params(self, job: Job) -> Properties:
        return {**super().params(job), "LaunchTemplateData": self._data(job.inputs)}

    def _data(self, inputs: Properties) -> Properties:
        said = {name: inputs[name] for name in _DATA.split() if inputs.get(name) is not None}
        if "vpcSecurityGroupIds" in said:
            said["securityGroupIds"] = said.pop("vpcSecurityGroupIds")
        if "tagSpecifications" in said and not has_unknown(said["tagSpecifications"]):
            said["tagSpecifications"] = [
                {"resourceType": each["resourceType"], "tags": tag_list(each.get("tags") or {})}
                for each in said["tagSpecifications"]
            ]
        return _typed(recased(said, lambda name: "HttpProtocolIpv6" if name == "httpProtocolIpv6" else pascal(name)))

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["LaunchTemplate"]["LaunchTemplateId"]

    def apply(self, job: Job, id: str) -> None:
        if not job.op.id:
            return
        default = job.inputs.get("defaultVersion") if "defaultVersion" in job.changed else None
        if job.changed & {*_DATA.split(), "description"}:
            description = job.picked({"description": "VersionDescription"})
            data = self._data(job.inputs)
            made = job.client.create_launch_template_version(
                LaunchTemplateId=id, LaunchTemplateData=data, **description
            )
            if job.inputs.get("updateDefaultVersion"):
                default = made["LaunchTemplateVersion"]["VersionNumber"]
        if default:
            job.client.modify_launch_template(LaunchTemplateId=id, DefaultVersion=str(default))

    def parsed(self, job: Job, item: Properties) -> Properties:
        id, latest = item["LaunchTemplateId"], item["LatestVersionNumber"]
        version = job.client.describe_launch_template_versions(LaunchTemplateId=id, Versions=[str(latest)])
        newest = version["LaunchTemplateVersions"][0]
        data = _text(recased(newest["LaunchTemplateData"], camel))
        groups = data.pop("securityGroupIds", [])
        for each in data.get("tagSpecifications", []):
            each["tags"] = tag_map(each.get("tags"), "key", "value")
        (data.get("metadataOptions") or {}).pop("state", None)
        return {
            "name": item["LaunchTemplateName"],
            "defaultVersion": item["DefaultVersionNumber"],
            "latestVersion": latest,
            "description": newest.get("VersionDescription", ""),
            **{name: data.get(name) for name in _DATA.split()},
            "vpcSecurityGroupIds": groups,
        }


def _typed(value: Any, name: str = "") -> Any:
    """The booleans that the program gives as text, as the API takes them."""
    if isinstance(value, dict):
        return {key: _typed(item, key) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [_typed(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value == "true" if name in _TEXT_BOOLEANS and not isinstance(value, Unknown) else value


def _text(value: Any, name: str = "") -> Any:
    """The reverse of `_typed`."""
    if isinstance(value, dict):
        return {key: _text(item, pascal(str(key))) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [_text(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return str(value).lower() if name in _TEXT_BOOLEANS and isinstance(value, bool) else value


RESOURCES = (LaunchTemplate,)
