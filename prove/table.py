"""The table on the terminal, and what does not agree in words."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from prove.verdicts import AGREED, WORST_FIRST, Kind, Row, Verdict

STYLES = {
    Verdict.ALLOWED: "green",
    Verdict.REFUSED: "dim",
    Verdict.HOLE: "bold red",
    Verdict.LOST: "bold yellow",
    Verdict.UNCLEAR: "bold magenta",
    Verdict.NOT_TRIED: "cyan",
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
        shown = account if account != before else ""
        table.add_row(shown, str(kind), _as_said(group), _may(group), style=_style(group))
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
    agreed = sum(counts[verdict] for verdict in AGREED)
    figures = (
        f"{agreed} of {len(rows)} rows agree ({counts[Verdict.ALLOWED]} allowed, {counts[Verdict.REFUSED]} refused)"
    )
    holes = f"{counts[Verdict.HOLE]} hole{'' if counts[Verdict.HOLE] == 1 else 's'}"
    wrong = f"{holes}, {counts[Verdict.LOST]} lost, {counts[Verdict.UNCLEAR]} unclear"
    untried = f"; {counts[Verdict.NOT_TRIED]} not tried" if counts[Verdict.NOT_TRIED] else ""
    return f"{figures}; {wrong}{untried}; {seconds:.0f} s"


def _as_said(group: Sequence[Row]) -> str:
    """How many came out as said, of how many."""
    untried = sum(row.verdict is Verdict.NOT_TRIED for row in group)
    agreed = f"{sum(row.agrees for row in group)}/{len(group)}"
    return f"{agreed}, {untried} not tried" if untried else agreed


def _account(row: Row) -> str:
    """Intruders together: one line of the table for all."""
    subject = row.claim.subject
    return "intruders" if "(" in subject else subject


def _order(rows: Sequence[Row], group: tuple[str, Kind]) -> tuple[int, int]:
    """Accounts as they first come, and the kinds of things likewise."""
    first = next(index for index, row in enumerate(rows) if _account(row) == group[0])
    return first, next(index for index, row in enumerate(rows) if row.claim.kind == group[1])


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
    return STYLES[next(verdict for verdict in WORST_FIRST if verdict in verdicts)]
