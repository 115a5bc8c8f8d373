"""`vvp:index:SqlObject`: what a CREATE statement makes in a catalog.

The inputs hold, beside the statement, what it says: `kind`, `qualifiedName`, `columns`, `clauses` and `options`. They
are what is compared, so that a preview shows the column or option that changes, and blanks change nothing.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from flink_sql.statements import ObjectName, SqlFault, single
from provider_kit import (
    UNKNOWN,
    Change,
    Created,
    Diff,
    Found,
    InitFailed,
    Operation,
    PluginError,
    Properties,
    Unknown,
    compare,
    preview_outputs,
    top_level,
)
from vvp_provider import catalog, ddl
from vvp_provider.input_checks import Faults
from vvp_provider.resource import PlatformResource, exists_already, split_id

KNOWN = ("statement", "namespace", "catalog", "database", "adopt")
DERIVED = ("kind", "qualifiedName", "columns", "clauses", "options")
DEFAULTS = {"namespace": "default", "catalog": "vvp", "database": "default"}
OBSERVED = ("liveOptions", "liveShape", "madeOptions", "madeShape")
"""What the catalog says now, and what it said when the object was made or altered last from here: what differs between
them is drift, and what the catalog adds by itself is none."""
_ALTERABLE = ("TABLE", "DATABASE")


class SqlObjects(PlatformResource):
    """An object in a catalog; its id is `NAMESPACE/KIND/CATALOG.DATABASE.NAME`, as it was when it was made."""

    derived_from: ClassVar[Mapping[str, str]] = dict.fromkeys((*DERIVED, *OBSERVED), "statement")
    """What is as secret as the statement it was read from."""

    def check(self, op: Operation) -> Properties:
        """Exactly one CREATE statement; adds what it says."""
        faults = Faults(DEFAULTS | op.inputs, KNOWN)
        faults.label("namespace")
        if "statement" not in op.inputs:
            # The engine checks what an import has read, and the catalog keeps no statement; see `_required`.
            return faults.done()
        sql = faults.text("statement")
        names = faults.text("catalog"), faults.text("database")
        derived: Properties = dict.fromkeys(DERIVED, UNKNOWN)
        if sql is not None and names[0] is not None and names[1] is not None:
            try:
                derived = _derived(ddl.parse(sql, names[0], names[1]))
            except SqlFault as error:
                faults.add("statement", str(error))
        return {**faults.done(), **derived}

    def diff(self, op: Operation) -> Diff:
        """Options and a table's name are altered; the rest is dropped and made again. Drift counts as a change."""
        old, new = _definition(_as_found(op)), _definition(op.inputs)
        if "statement" not in op.old_inputs:
            # Imported: the catalog's spelling of columns and clauses is not the statement's.
            new = {key: value for key, value in new.items() if key in old}
            live, given = _options(old), _options(new)
            new["options"] = {key: value for key, value in given.items() if key in live}
            old["options"] = {key: value for key, value in live.items() if key in given}
        found = compare(old, new, replace=["namespace", "kind", "columns", "clauses"])
        for path in found.changes:
            top = top_level(path)
            if (top == "options" and not _can_alter(op, old, new)) or (
                top == "qualifiedName" and not _can_rename(op.inputs.get("kind"), old.get(top), new.get(top))
            ):
                found.replaces.add(path)
        if op.state.get("liveShape") != op.state.get("madeShape"):
            # Somebody altered the columns themselves; SQL cannot say how to go back.
            found.changes["columns"] = Change.UPDATE
            found.replaces.add("columns")
        found.delete_before_replace = True
        return found

    def preview(self, op: Operation) -> Properties:
        """All that the statement says is known; what the catalog makes of it is not."""
        _required(op)
        return preview_outputs(op, list(OBSERVED), OBSERVED)

    def create(self, op: Operation) -> Created:
        """Execute the statement; an existing object only if it may be adopted."""
        _required(op)
        inputs, api = op.inputs, self.api(op)
        name = _name(inputs)
        id = f"{inputs['namespace']}/{inputs['kind']}/{'.'.join(name.parts)}"
        there = catalog.observe(api, inputs["namespace"], inputs["kind"], name)
        if there is None:
            self._execute(op, inputs["statement"])
        elif not inputs.get("adopt"):
            raise exists_already(f"{inputs['kind'].lower()} {name} in namespace {inputs['namespace']!r}", op, id)
        elif inputs["kind"] in _ALTERABLE:
            # What the catalog keeps beside the given options, as a table's path, stays.
            kept = {key: there.options[key] for key in inputs["options"].keys() & there.options.keys()}
            for statement in ddl.set_options(inputs["kind"], name, kept, inputs["options"]):
                self._execute(op, statement)
        return Created(id, self._outputs(op, inputs))

    def read(self, op: Operation) -> Found | None:
        """As its catalog has it. An imported object has no statement until the program's is applied."""
        namespace, kind, dotted = split_id(op, "NAMESPACE/KIND/CATALOG.DATABASE.NAME")
        name = _name(op.state) if op.state else ObjectName(tuple(dotted.split(".")))
        if not op.state and len(name.parts) != {"CATALOG": 1, "DATABASE": 2}.get(kind, 3):
            raise PluginError(f"{op.id!r}: {dotted} is not the full name of a {kind.lower()}")
        there = catalog.observe(self.api(op), namespace, kind, name)
        if there is None:
            return None
        known = op.state or {
            **{"namespace": namespace, "kind": kind, "qualifiedName": str(name)},
            **{"madeOptions": there.options, "madeShape": there.shape},
        }
        inputs = op.old_inputs or {"namespace": namespace}
        outputs = {**known, "liveOptions": there.options, "liveShape": there.shape}
        return Found(op.id, outputs, inputs)

    def update(self, op: Operation) -> Properties:
        """Rename, then alter the options."""
        _required(op)
        inputs = op.inputs
        old, new = _name(op.state), _name(inputs)
        if old != new:
            self._execute(op, ddl.rename(inputs["kind"], old, new))
        for statement in ddl.set_options(inputs["kind"], new, _as_found(op).get("options") or {}, inputs["options"]):
            try:
                self._execute(op, statement)
            except catalog.StatementFailed as error:
                # The rename or the first statement has been done: the state must say so.
                raise InitFailed(op.id, self._outputs(op, inputs), [str(error)]) from error
        return self._outputs(op, inputs)

    def delete(self, op: Operation) -> None:
        """Drop it."""
        self._execute(op, ddl.drop(op.state["kind"], _name(op.state)), op.state)

    def _execute(self, op: Operation, statement: str, of: Properties | None = None) -> None:
        where = op.inputs if of is None else of
        session = {key: where.get(key) or DEFAULTS[key] for key in DEFAULTS}
        catalog.execute(self.api(op), session["namespace"], statement, session["catalog"], session["database"])

    def _outputs(self, op: Operation, inputs: Properties) -> Properties:
        there = catalog.observe(self.api(op), inputs["namespace"], inputs["kind"], _name(inputs))
        if there is None:
            raise PluginError(
                f"the statement succeeded, but the catalog has no {inputs['kind'].lower()} {_name(inputs)}"
            )
        return {
            **inputs,
            "liveOptions": there.options,
            "liveShape": there.shape,
            "madeOptions": there.options,
            "madeShape": there.shape,
        }


def _required(op: Operation) -> None:
    if "statement" not in op.inputs:
        raise PluginError(f"{op.name}: statement: a text is required")


def _derived(found: ddl.Definition) -> Properties:
    return {
        "kind": found.kind,
        "qualifiedName": str(found.name),
        "columns": found.columns,
        "clauses": found.clauses,
        "options": found.options,
    }


def _name(values: Properties) -> ObjectName:
    """The name that `qualifiedName` spells."""
    return single(f"DROP TABLE {values['qualifiedName']}").name or ObjectName(())


def _definition(values: Properties) -> Properties:
    return {key: values[key] for key in ("namespace", *DERIVED) if values.get(key) is not None}


def _as_found(op: Operation) -> Properties:
    """The last inputs, with what somebody else has done to the options since."""
    live: dict[str, str] = op.state.get("liveOptions") or {}
    if "statement" not in op.old_inputs:
        known = {key: op.state.get(key) for key in ("namespace", "kind", "qualifiedName")}
        return {**known, "options": live}
    made: dict[str, str] = op.state.get("madeOptions") or {}
    options: dict[str, Any] = dict(op.old_inputs.get("options") or {})
    for key in live.keys() | made.keys():
        if live.get(key) != made.get(key):
            options[key] = live.get(key)
    return {**op.old_inputs, "options": {key: value for key, value in options.items() if value is not None}}


def _can_alter(op: Operation, old: Properties, new: Properties) -> bool:
    kind = op.inputs.get("kind")
    if kind == "DATABASE":
        # Flink has ALTER DATABASE SET and no RESET.
        return not isinstance(new.get("options"), Unknown) and not _options(old).keys() - _options(new).keys()
    return kind == "TABLE"


def _options(values: Properties) -> dict[str, Any]:
    found: Any = values.get("options")
    return {} if isinstance(found, Unknown) else dict(found or {})


def _can_rename(kind: Any, old: Any, new: Any) -> bool:
    """ALTER TABLE RENAME TO keeps catalog and database."""
    if kind != "TABLE" or not old or isinstance(new, Unknown):
        return False
    before, after = _name({"qualifiedName": old}), _name({"qualifiedName": new})
    return before.parts[:-1] == after.parts[:-1]
