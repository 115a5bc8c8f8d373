"""What a deployment's script is made of.

See https://docs.ververica.com/vvp/user-guide/sql-development/scripts-deployments.
"""

from collections.abc import Sequence

from flink_sql.statements import SqlFault, Statement

JOBS = ("INSERT", "STATEMENT SET")
BEFORE = ("CREATE TABLE", "CREATE VIEW")
"""What may come before the job, if it is temporary."""


def check_script(statements: Sequence[Statement]) -> None:
    """A script is one INSERT or statement set; temporary tables and views may come first.

    Raises:
        SqlFault: It is not; with the line.
    """
    jobs = [found for found in statements if found.kind in JOBS]
    for found in statements:
        if found not in jobs and not (found.temporary and found.kind in BEFORE):
            raise SqlFault(
                f"{found.kind} does not belong in a deployment's script: INSERT INTO, or a statement set, does",
                found.line,
            )
    if not jobs:
        raise SqlFault("there is no INSERT INTO and no statement set", 1)
    if len(jobs) > 1:
        raise SqlFault("a second job begins here: put several INSERT INTO into one statement set", jobs[1].line)
    if statements[-1] is not jobs[0]:
        raise SqlFault("nothing may follow the job's INSERT INTO or statement set", statements[-1].line)
