"""Names of probes: each begins with the mark of the run that laid it out, so that no other thing is taken for one."""

import datetime
import hashlib
import re
import secrets

PREFIX = "vvp-prove-"
FRESH = datetime.timedelta(hours=1)
"""So young a run may still be under way: its probes are left alone. A run takes minutes."""

_TIME = "%Y%m%d-%H%M%S"
_MARK = re.compile(rf"{PREFIX}(\d{{8}}-\d{{6}})-[0-9a-f]{{4}}")


def new_mark() -> str:
    """The mark of a run that begins now, as `vvp-prove-20300102-030405-1a2b`; the time is UTC."""
    return f"{PREFIX}{datetime.datetime.now(datetime.UTC).strftime(_TIME)}-{secrets.token_hex(2)}"


def mark_in(name: str) -> str | None:
    """The mark that a name has in it, if any."""
    found = _MARK.search(name)
    return found.group() if found else None


def begun(mark: str) -> datetime.datetime:
    """When a mark's run began."""
    time = mark.removeprefix(PREFIX).rpartition("-")[0]
    return datetime.datetime.strptime(time, _TIME).replace(tzinfo=datetime.UTC)


def slug(subject: str) -> str:
    """A short name for an account, as every kind of probe can have it."""
    return hashlib.sha256(subject.encode()).hexdigest()[:12]
