"""The table on the terminal, and what does not agree in words."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from prove.verdicts import Kind, Row, Verdict

STYLES = {
    Verdict.ALLOWED: "green",
    Verdict.REFUSED: "dim",
    Verdict.HOLE: "bold red",
    Verdict.LOST: "bold yellow",
    Verdict.UNCLEAR: "bold magenta",
}


def show(console: Console, stack: str, rows: Sequence[Row], seconds: float) -> None:
    """Prints a line for each account and kind of thing, the sentences of what does not agree, and the figures.

    Args:
        console: Where to.
        stack: The stack's name.
        rows: All rows.
        seconds: How long the tries took.
    """
    table = Table("account", "what", "as said", "may", title=f"Who can touch what: stack {stack}", title_justify="left")
    groups: dict[tuple[str, Kind], list[Row]] = {}
    for row in rows:
        groups.setdefault((_account(row), row.claim.kind), []).append(row)
    before = ""
    for (account, kind), group in sorted(groups.items(), key=lambda item: _order(rows, item[0])):
        if account != before:
            table.add_section()
        agreed = sum(row.agrees for row in group)
        shown = account if account != before else ""
        table.add_row(shown, str(kind), f"{agreed}/{len(group)}", _may(group), style=_style(group))
        before = account
    console.print(table)
    for row in rows:
        if not row.agrees:
            console.print(row.sentence, style=STYLES[row.verdict], markup=False, soft_wrap=True)
    console.print(summary(rows, seconds), soft_wrap=True, markup=False)


def summary(rows: Sequence[Row], seconds: float) -> str:
    """The figures in a sentence.

    Args:
        rows: All rows.
        seconds: How long they took.
    """
    counts = Counter(row.verdict for row in rows)
    agreed = counts[Verdict.ALLOWED] + counts[Verdict.REFUSED]
    figures = (
        f"{agreed} of {len(rows)} rows agree ({counts[Verdict.ALLOWED]} allowed, {counts[Verdict.REFUSED]} refused)"
    )
    holes = f"{counts[Verdict.HOLE]} hole{'' if counts[Verdict.HOLE] == 1 else 's'}"
    wrong = f"{holes}, {counts[Verdict.LOST]} lost, {counts[Verdict.UNCLEAR]} unclear"
    return f"{figures}; {wrong}; {seconds:.0f} s"


def _account(row: Row) -> str:
    """Intruders together: one line of the table for all."""
    subject = row.claim.subject
    return "intruders" if "(" in subject else subject


def _order(rows: Sequence[Row], group: tuple[str, Kind]) -> tuple[int, int]:
    """Accounts as they first come, and the kinds of things in their own order."""
    first = next(index for index, row in enumerate(rows) if _account(row) == group[0])
    return first, list(Kind).index(group[1])


def _may(group: Sequence[Row]) -> str:
    """What was observed as allowed: the calls, and on what."""
    allowed: dict[str, list[str]] = {}
    for row in group:
        if row.outcome.allowed:
            allowed.setdefault(row.claim.resource, []).append(row.claim.action.rpartition(":")[2])
    same: dict[tuple[str, ...], list[str]] = {}
    for resource, calls in allowed.items():
        same.setdefault(tuple(calls), []).append(resource)
    return "\n".join(f"{', '.join(calls)}: {', '.join(resources)}" for calls, resources in same.items()) or "nothing"


def _style(group: Sequence[Row]) -> str:
    verdicts = {row.verdict for row in group}
    worst = next((v for v in (Verdict.HOLE, Verdict.LOST, Verdict.UNCLEAR, Verdict.ALLOWED) if v in verdicts), None)
    return STYLES[worst or Verdict.REFUSED]
