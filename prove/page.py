"""The picture: accounts by resources, in one HTML page that needs nothing else."""

import datetime
from collections import Counter
from collections.abc import Sequence
from html import escape

from prove.verdicts import AGREED, IN_CLUSTER, NETWORK, WORST_FIRST, Kind, Row, Verdict

CLASSES = {
    Verdict.ALLOWED: "allowed",
    Verdict.REFUSED: "refused",
    Verdict.HOLE: "hole",
    Verdict.LOST: "lost",
    Verdict.UNCLEAR: "lost",
    Verdict.NOT_TRIED: "untried",
}
SIGNS = {
    Verdict.ALLOWED: "✓",
    Verdict.REFUSED: "·",
    Verdict.HOLE: "✗",
    Verdict.LOST: "!",
    Verdict.UNCLEAR: "?",
    Verdict.NOT_TRIED: "-",
}

STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1b1f24; --line: #d0d7de; --faint: #57606a;
  --allowed: #2da44e; --refused: #e6e9ed; --hole: #cf222e; --lost: #d4a106 }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --ink: #e6e9ed; --line: #373e47; --faint: #9aa4af;
    --allowed: #238636; --refused: #2a3038; --hole: #da3633; --lost: #bb8009 }
}
* { box-sizing: border-box; -webkit-print-color-adjust: exact; print-color-adjust: exact }
body { margin: 1.5rem; background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, sans-serif }
h1 { font-size: 1.4rem; margin: 0 }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { margin: .3rem 0; color: var(--faint) }
.scroll { overflow-x: auto; margin-top: 1rem }
table { border-collapse: collapse }
th { font-weight: 500; text-align: left }
thead th { vertical-align: bottom; font-size: .8rem }
thead .kind { border-left: 2px solid var(--line); padding: 0 .4rem; font-weight: 700 }
.name > span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); padding: .3rem 0 }
.grid tbody th { padding: .2rem .8rem .2rem 0; white-space: nowrap; position: sticky; left: 0;
  background: var(--page) }
.grid td { min-width: 1.9rem; height: 1.9rem; border: 1px solid var(--page); text-align: center; cursor: default }
.grid td.untried { border: 1px dashed var(--faint) }
.grid .first { border-left: 2px solid var(--line) }
.allowed { background: var(--allowed); color: #fff }
.refused { background: var(--refused); color: var(--faint) }
.hole { background: var(--hole); color: #fff; font-weight: 700 }
.lost { background: var(--lost); color: #000; font-weight: 700 }
.untried { border: 1px dashed var(--faint); color: var(--faint) }
.legend span { display: inline-block; padding: .1rem .6rem; margin-right: .4rem; border-radius: .2rem }
ul.wrong { padding: 0; list-style: none }
ul.wrong li { margin: .25rem 0; padding: .3rem .6rem; border-radius: .2rem }
details { margin: .25rem 0 }
summary { cursor: pointer }
.list td { padding: .1rem .8rem .1rem 0; font-size: .85rem; vertical-align: top }
.mark { display: inline-block; width: 1.2rem; text-align: center; border-radius: .2rem }
@media print {
  @page { size: landscape }
  body { margin: 0; font-size: 10px }
  .scroll { overflow: visible }
  .grid tbody th { position: static }
  tr { break-inside: avoid }
  .grid td { min-width: 1.2rem; height: 1.3rem }
}
"""


def page(stack: str, now: datetime.datetime, rows: Sequence[Row]) -> str:
    """The whole page.

    Args:
        stack: The stack's name.
        now: When it was tried.
        rows: All rows.
    """
    counts = Counter(row.verdict for row in rows)
    agreed = sum(counts[verdict] for verdict in AGREED)
    untried = counts[Verdict.NOT_TRIED]
    more = f"; {untried} more were not tried" if untried else ""
    legend = " ".join(f'<span class="{CLASSES[v]}">{SIGNS[v]} {v}: {counts[v]}</span>' for v in Verdict)
    wrong = "".join(f'<li class="{CLASSES[row.verdict]}">{escape(row.sentence)}</li>' for row in rows if row.is_wrong)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Who can touch what: {escape(stack)}</title><style>{STYLE}</style></head><body>
<h1>Who can touch what: stack {escape(stack)}</h1>
<p>{escape(now.strftime("%d %B %Y, %H:%M %Z"))}.
{agreed} of {len(rows) - untried} tries came out as the stack file says{more}.</p>
<p class="legend">{legend}</p>
<p>A cell is all that an account tried on one thing; its colour is that of the worst. Point at it for the calls.</p>
{f'<ul class="wrong">{wrong}</ul>' if wrong else ""}
{_grids(rows)}
<h2>Every call</h2>
{_lists(rows)}
</body></html>
"""


def _grids(rows: Sequence[Row]) -> str:
    """A picture for each part: all columns side by side would be wider than any screen."""
    parts: dict[str, list[Row]] = {"In the cloud": [], "In the cluster": [], "On the network": []}
    for row in rows:
        part = "On the network" if row.claim.kind == NETWORK else "In the cluster"
        parts[part if row.claim.kind in IN_CLUSTER | {NETWORK} else "In the cloud"].append(row)
    return "".join(
        f'<h2>{heading}</h2><div class="scroll">{_grid(group)}</div>' for heading, group in parts.items() if group
    )


def _grid(rows: Sequence[Row]) -> str:
    columns = _columns(rows)
    cells: dict[tuple[str, Kind, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((_line(row), row.claim.kind, _column(row)), []).append(row)
    subjects = list(dict.fromkeys(_line(row) for row in rows))
    kinds = "".join(
        f'<th class="kind" colspan="{len(names)}">{escape(str(kind))}</th>' for kind, names in columns.items()
    )
    names = "".join(
        f'<th class="name{" first" if index == 0 else ""}"><span>{escape(name)}</span></th>'
        for names in columns.values()
        for index, name in enumerate(names)
    )
    body = "".join(
        f"<tr><th>{escape(subject)}</th>"
        + "".join(
            _cell(cells.get((subject, kind, name), []), first=index == 0)
            for kind, names in columns.items()
            for index, name in enumerate(names)
        )
        + "</tr>"
        for subject in subjects
    )
    head = f"<tr><th></th>{kinds}</tr><tr><th></th>{names}</tr>"
    return f'<table class="grid"><thead>{head}</thead><tbody>{body}</tbody></table>'


def _line(row: Row) -> str:
    """Whose line of the picture a row is in: an intruder has one, whomever it poses for."""
    return row.claim.subject.partition(" (")[0]


def _columns(rows: Sequence[Row]) -> dict[Kind, list[str]]:
    found: dict[Kind, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row.claim.kind, {})[_column(row)] = None
    return {kind: list(names) for kind, names in found.items()}


def _column(row: Row) -> str:
    """A thing's name under the heading of its kind, which need not be said again."""
    return row.claim.resource.removeprefix("of ").removeprefix(row.claim.kind.words)


def _cell(group: Sequence[Row], *, first: bool) -> str:
    edge = " first" if first else ""
    if not group:
        return f'<td class="{edge.strip()}"></td>'
    worst = next(verdict for verdict in WORST_FIRST if any(row.verdict is verdict for row in group))
    calls = "\n".join(f"{SIGNS[row.verdict]} {row.claim.action}" for row in group)
    title = f"{group[0].claim.subject}, {group[0].claim.resource}\n{calls}"
    return f'<td class="{CLASSES[worst]}{edge}" title="{escape(title)}">{SIGNS[worst]}</td>'


def _lists(rows: Sequence[Row]) -> str:
    by_subject: dict[str, list[Row]] = {}
    for row in rows:
        by_subject.setdefault(_line(row), []).append(row)
    return "".join(_list(subject, group) for subject, group in by_subject.items())


def _list(subject: str, group: Sequence[Row]) -> str:
    lines = "".join(
        f'<tr><td><span class="mark {CLASSES[row.verdict]}">{SIGNS[row.verdict]}</span></td>'
        f"<td>{escape(row.claim.action)}</td><td>{escape(row.claim.resource)}</td>"
        f"<td>{escape(str(row.verdict))}</td><td>{escape(row.outcome.detail)}</td></tr>"
        for row in group
    )
    allowed = sum(row.outcome.allowed is True for row in group)
    return (
        f"<details><summary>{escape(subject)}: {allowed} of {len(group)} allowed</summary>"
        f'<table class="list">{lines}</table></details>'
    )
