"""EC2 launch templates."""

from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws.ec2_base import Ec2Resource
from sandbox.plugins.aws.input_checks import apart
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.spelling import Spelling, known, known_items, selected
from sandbox.plugins.sdk_schema import Problem

_DATA = (
    "blockDeviceMappings ebsOptimized iamInstanceProfile imageId instanceType keyName metadataOptions monitoring "
    "tagSpecifications userData vpcSecurityGroupIds"
)
_SPELLING = Spelling("encrypted deleteOnTermination ebsOptimized", vpcSecurityGroupIds="SecurityGroupIds")


class LaunchTemplate(Ec2Resource):
    token, label = "aws:ec2/launchTemplate:LaunchTemplate", "EC2 Launch Template"
    inputs = """
        name!=LaunchTemplateName description=VersionDescription +defaultVersion? +updateDefaultVersion- +tags
        +blockDeviceMappings +ebsOptimized +iamInstanceProfile +imageId +instanceType +keyName +metadataOptions?
        +monitoring +tagSpecifications +userData +vpcSecurityGroupIds~ metadataOptions.*?
        blockDeviceMappings.ebs.*?
    """
    thing = "launch_template"
    create_params = "{LaunchTemplateData: data}"
    named = ("name", 125)
    volatile = ("latestVersion", "defaultVersion")
    checks = ((apart, "defaultVersion", "updateDefaultVersion"),)
    outputs = "{defaultVersion: DefaultVersionNumber, latestVersion: LatestVersionNumber}"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        for name in ("encrypted", "deleteOnTermination"):
            for index, mapping in enumerate(map(known, known_items(inputs.get("blockDeviceMappings")))):
                value = known(mapping.get("ebs")).get(name)
                if isinstance(value, str) and value not in ("true", "false"):
                    reason = f"expected {name} to be one of [true false], got {value}"
                    yield f"blockDeviceMappings[{index}].ebs.{name}", reason

    def derived(self, step: Step) -> Properties:
        said = {name: step.inputs[name] for name in _DATA.split() if step.inputs.get(name) is not None}
        return {"data": _SPELLING.api(said)}

    def apply(self, step: Step, id: str) -> None:
        if step.made:
            return
        default = step.inputs.get("defaultVersion") if step.touches("defaultVersion") else None
        if step.touches("description", *_DATA.split()):
            request = selected(
                "{LaunchTemplateData: data, VersionDescription: description}", {**step.inputs, **self.derived(step)}
            )
            version = self.call(step, id, "create_launch_template_version", **request)["LaunchTemplateVersion"]
            default = version["VersionNumber"] if step.inputs.get("updateDefaultVersion") else default
        if default:
            self.call(step, id, "modify_launch_template", DefaultVersion=str(default))

    def more(self, step: Step, found: Properties) -> Properties:
        id, latest = found["LaunchTemplateId"], str(found["LatestVersionNumber"])
        answer = step.client.describe_launch_template_versions(LaunchTemplateId=id, Versions=[latest])
        newest = answer["LaunchTemplateVersions"][0]
        data = _SPELLING.ours(newest["LaunchTemplateData"])
        data.get("metadataOptions", {}).pop("state", None)
        outputs = {"description": newest.get("VersionDescription", ""), "vpcSecurityGroupIds": [], **data}
        return {**super().more(step, found), **outputs}
