"""Every name that a stack takes in its account's IAM, where two things cannot share one.

IAM tells names apart without regard to case: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
"""

from collections.abc import Iterator, Mapping

from settings.aws.names import MAX_IAM_ROLE
from settings.aws.sections import ADDON_ROLES, NODE_ROLE, IdentitySettings
from settings.faults import Fault, show
from settings.jobs import JobSettings
from settings.sections import PlatformSettings

_PARTS: Mapping[str, str] = {
    NODE_ROLE: "the machines",
    **{role: f"the add-on {addon}" for addon, role in ADDON_ROLES.items()},
}


def name_faults(
    platform: PlatformSettings, jobs: Mapping[str, JobSettings], identity: IdentitySettings, policy_name: str
) -> Iterator[Fault]:
    """Roles and policies that would have one name, or one that is too long.

    Args:
        platform: The platform section.
        jobs: The jobs.
        identity: The identity section.
        policy_name: Name of the policy for the whole bucket.
    """
    roles = {identity.role_name(part).lower(): f"the role of {owner}" for part, owner in _PARTS.items()}
    policies = {policy_name.lower(): "the policy of vvp:blobStorage.policyName"}
    accounts = {"vvp:platform.serviceAccount": platform.service_account, **{f"vvp:jobs.{name}": name for name in jobs}}
    for key, account in accounts.items():
        if key.startswith("vvp:jobs.") and account == platform.service_account:
            # Told already: no job has the platform's account.
            continue
        role = identity.role_name(account)
        if len(role) > MAX_IAM_ROLE:
            right = f"a name that leaves the role {role} within IAM's {MAX_IAM_ROLE} characters"
            yield Fault(key, show(account), right)
        elif role.lower() in roles:
            right = f"a name whose role is its own: {role} is {roles[role.lower()]}"
            yield Fault(key, show(account), right)
        elif key.startswith("vvp:jobs.") and role.lower() in policies:
            right = f"a name that is not also that of a job's policy, {role}"
            yield Fault("vvp:blobStorage.policyName", show(policy_name), right, (key,))
        roles.setdefault(role.lower(), key)
