"""Whether the platform answers, and what it is."""

from sandbox.platform.calls import Answer, Call, operation
from sandbox.platform.models.kinds import Object
from sandbox.platform.models.resources import SystemInformation


@operation("GET", "/api/v1/status", Object)
def status(_: Call) -> Answer:
    """The application manager is up."""
    return Answer({"status": "UP"})


@operation("GET", "/api/v1/status/system-info", SystemInformation)
def system_info(call: Call) -> Answer:
    """Version and quota."""
    revision = {"buildVersion": call.platform.settings.version}
    quota = {
        "kind": "ResourceQuota",
        "apiVersion": "v1",
        "spec": {"type": "UNLIMITED"},
        "status": {"used": {"cpu": 0.0}},
    }
    return Answer(
        {
            "kind": "SystemInformation",
            "apiVersion": "v1",
            "status": {"revisionInformation": revision, "resourceQuota": quota},
        }
    )
