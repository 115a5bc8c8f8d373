"""CloudWatch log groups."""

from provider_kit import Properties
from sandbox.plugins.aws.input_checks import among
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import table

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html; 0 is for ever.
_DAYS = "0 1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"


class LogGroup(AwsResource):
    token, service, label = "aws:cloudwatch/logGroup:LogGroup", "logs", "CloudWatch Logs Log Group"
    inputs = "name!=logGroupName kmsKeyId logGroupClass!? +retentionInDays +skipDestroy- +tags"
    small = True
    named = ("name", 512)
    defaults = table(retentionInDays=0)
    checks = ((among, "retentionInDays", *map(int, _DAYS.split())),)
    thing, key, reads = "log_group", "logGroupName", "describe_log_groups"
    item = "logGroups[?logGroupName=='$logGroupName'] | [0]"
    tag_target, arn = "resourceArn", "logGroupArn"
    outputs = """{arn: logGroupArn, kmsKeyId: kmsKeyId || '', logGroupClass: logGroupClass || 'STANDARD',
                  retentionInDays: retentionInDays}"""
    changes = """
        retentionInDays, made: put_retention_policy / delete_retention_policy {retentionInDays: retentionInDays}
        kmsKeyId: associate_kms_key / disassociate_kms_key
    """

    def read_params(self, step: Step, id: str) -> Properties:
        return {"logGroupNamePrefix": id}
