"""What a diagram may name: what the pickers of the editor offer.

What a version says never changes, so it is read once and kept; a draft that changes is a new row.
"""

import inspect
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.kernel import calendars, db, functions
from engine.kernel.actor import ROLES
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.decisions import Decision
from engine.workflow.definition.model import ProcessModel
from engine.workflow.work.versions import names
from engine.workflow.work.versions.plans import bundle_of
from forms.compiler import Form

KEPT = 1_000
RECENT_JOBS = 1_000
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Told:
    """What one version adds to the vocabulary."""

    forms: tuple[Item, ...]
    decisions: tuple[Item, ...]
    process: Item
    topics: tuple[tuple[str, str | None], ...]
    messages: tuple[tuple[str, str, bool], ...]
    errors: tuple[str, ...]
    equipment: tuple[str, ...]


_kept: OrderedDict[bytes, _Told] = OrderedDict()
_keeping = threading.Lock()


def vocabulary(uow: Uow, *, site: int) -> Item:
    """Forms, decisions and processes with where they come from, and every other name in use."""
    told = [
        (row, _told(uow, bytes(row[0])))
        for row in sorted(uow.all(_OFFERING, site=site), key=lambda r: (r[3] != "released", r[1]))
    ]
    return {
        "forms": _offered(told, "forms"),
        "decisions": _offered(told, "decisions"),
        "processes": _first([_from(row, each.process) for row, each in told]),
        "roles": sorted(ROLES),
        "functions": [_function(name) for name in functions.names()],
        "topics": _topics(told, uow.all(_JOBS, site=site)),
        "messages": _messages(told),
        "errors": sorted({code for _, each in told for code in each.errors}),
        "equipment": _equipment(uow, told, site),
        "calendars": list(calendars.names()),
    }


def released_forms(uow: Uow, *, site: int) -> frozenset[str]:
    """The keys of forms that released versions offer."""
    return frozenset(key for (key,) in uow.all(_FORMS, site=site))


def _equipment(uow: Uow, told: list[tuple[Any, _Told]], site: int) -> list[str]:
    """What the plant has, and what diagrams name before it is there."""
    named = {name for _, each in told for name in each.equipment}
    return sorted(named | (names.known(uow, names.EQUIPMENT, site) or frozenset()))


# ---- one version ----


def _told(uow: Uow, version_id: bytes) -> _Told:
    with _keeping:
        found = _kept.get(version_id)
    if found is None:
        bundle, _pins = bundle_of(uow, version_id=version_id)
        found = _read(bundle)
        with _keeping:
            _kept[version_id] = found
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
    return found


def _read(bundle: Bundle) -> _Told:
    nodes = [node for process in bundle.processes.values() for node in process.nodes.values()]
    events = [node.event for node in nodes if node.event is not None]
    main = bundle.processes[bundle.key]
    starts = {n.event.name for n in main.root.starts if n.event is not None}
    return _Told(
        forms=tuple(_form(form) for form in bundle.forms.values()),
        decisions=tuple(_decision(decision) for decision in bundle.decisions.values()),
        process=_process(main),
        topics=tuple((n.work.topic, n.work.action) for n in nodes if n.work.topic),
        messages=tuple(
            (event.kind, event.name, event.name in starts)
            for event in events
            if event.kind in ("message", "signal") and event.name
        ),
        errors=tuple(e.code for e in events if e.kind in ("error", "escalation") and e.code),
        equipment=tuple(node.work.equipment for node in nodes if node.work.equipment),
    )


def _form(form: Form) -> Item:
    fields = [
        {
            "key": field.key,
            "type": str(field.type),
            "label": field.label,
            "unit": field.unit,
            "variable": field.variable,
        }
        for field in form.fields
    ]
    return {"key": form.key, "title": form.title, "fields": fields}


def _decision(decision: Decision) -> Item:
    return {
        "key": decision.key,
        "name": decision.name,
        "inputs": [{"label": i.label, "expression": i.expression.text} for i in decision.inputs],
        "outputs": [output.name for output in decision.outputs],
    }


def _process(model: ProcessModel) -> Item:
    return {"key": model.key, "name": model.name, "callable": model.plain_start is not None}


# ---- all of them ----


def _offered(told: list[tuple[Any, _Told]], kind: str) -> list[Item]:
    return _first([_from(row, item) for row, each in told for item in getattr(each, kind)])


def _from(row: Any, item: Item) -> Item:
    return {**item, "process": row[1], "version": row[2], "state": row[3]}


def _first(items: Iterable[Item]) -> list[Item]:
    """One item for each key, by key; of several the first, which is a released one if any is."""
    found: dict[str, Item] = {}
    for item in items:
        found.setdefault(item["key"], item)
    return [found[key] for key in sorted(found)]


def _function(name: str) -> Item:
    """A function with its first sentence and the parameters that it takes by name."""
    target = functions.find(name)
    told = inspect.getdoc(target) or ""
    taken = inspect.signature(target).parameters.values() if callable(target) else ()
    named = [p.name for p in taken if p.name != "uow" and p.kind is not p.VAR_KEYWORD]
    return {"name": name, "says": told.partition("\n")[0], "parameters": named}


def _topics(told: list[tuple[Any, _Told]], jobs: Iterable[Any]) -> list[Item]:
    found: dict[str, dict[str, set[str]]] = {}
    empty = ("actions", "processes", "workers")
    for row, each in told:
        for topic, action in each.topics:
            item = found.setdefault(topic, {name: set() for name in empty})
            item["processes"].add(row[1])
            item["actions"].update({action} if action else ())
    for topic, worker in jobs:
        item = found.setdefault(topic, {name: set() for name in empty})
        item["workers"].update({worker} if worker else ())
    return [
        {"topic": topic, **{name: sorted(found[topic][name]) for name in empty}}
        for topic in sorted(found)
    ]


def _messages(told: list[tuple[Any, _Told]]) -> list[Item]:
    found: dict[tuple[str, str], Item] = {}
    for row, each in told:
        for kind, name, starts in each.messages:
            item = found.setdefault(
                (name, kind), {"name": name, "kind": kind, "processes": [], "starts": []}
            )
            for list_of, told_so in (("processes", True), ("starts", starts)):
                if told_so and row[1] not in item[list_of]:
                    item[list_of].append(row[1])
    return [found[place] for place in sorted(found)]


_v, _j = t.process_version.c, t.job.c
_OFFERING = db.Statement(
    sa.select(_v.id, _v.key, _v.version, _v.state).where(
        _v.site_id == sa.bindparam("site"),
        _v.state.in_([sa.literal_column(f"'{s}'") for s in ("draft", "in_review", "released")]),
    )
)
_b = t.bundle_item.c
_FORMS = db.Statement(
    sa.select(_b.key)
    .join_from(t.bundle_item, t.process_version, _b.version_id == _v.id)
    .where(
        _b.kind == sa.literal_column("'form'"),
        _v.state == sa.literal_column("'released'"),
        _v.site_id == sa.bindparam("site"),
    )
    .distinct()
)
_RECENT = (
    sa.select(_j.topic, _j.worker, _j.site_id)
    .order_by(_j.id.desc())
    .limit(sa.literal_column(str(RECENT_JOBS)))
    .subquery()
)
_JOBS = db.Statement(
    sa.select(_RECENT.c.topic, _RECENT.c.worker)
    .where(_RECENT.c.site_id == sa.bindparam("site"))
    .distinct()
)
