"""The plans of process versions: read from the database once, then shared by all threads.

A command that meets a version nobody has used yet raises `PlanMissing`; `run` reads the plan
outside the door, because parsing takes longer than a transaction should, and tries again.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import ROLES
from engine.kernel.errors import Conflict
from engine.kernel.store import Store
from engine.kernel.store.idempotency import Once
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.bundles import Bundle, Pins, read_bundle
from engine.workflow.definition.lint import missing_items
from engine.workflow.definition.plan import Plan, make_plan
from engine.workflow.work.versions.queries import offer

T = TypeVar("T")
KEPT = 400
DRY = b"~"
KEY_BYTES = 16
PIN_KINDS = {"process": "processes", "decision": "decisions", "form": "forms"}
UNPINNED = ("draft", "in_review")


class PlanMissing(Exception):
    """The plan of a version is not in memory."""

    def __init__(self, version_id: bytes) -> None:
        super().__init__(version_id.hex())
        self.version_id = version_id


_plans: OrderedDict[bytes, Plan] = OrderedDict()
_reading = threading.Lock()


def dry(version_id: bytes) -> bytes:
    """The key under which a version's dry runs find their plan; a draft has pinned nothing yet."""
    return version_id + DRY


def plan_of(version_id: bytes) -> Plan:
    """The plan of a version.

    Raises:
        PlanMissing: if it was not read yet.
    """
    plan = _plans.get(version_id)
    if plan is None:
        raise PlanMissing(version_id)
    return plan


def run(store: Store, command: Callable[..., T], *, once: Once | None = None, **args: Any) -> T:
    """`store.run` for commands that need plans."""
    while True:
        try:
            return store.run(command, once=once, **args)
        except PlanMissing as missing:
            read_plan(store, missing.version_id)


def read(store: Store, query: Callable[..., T], **args: Any) -> T:
    """`store.read` for queries that need plans."""
    while True:
        try:
            return store.read(query, **args)
        except PlanMissing as missing:
            read_plan(store, missing.version_id)


def read_plan(store: Store, version_id: bytes) -> Plan:
    """Read and keep a plan and those of everything it pins; of a dry run, of what it would pin."""
    with _reading:
        plan = _plans.get(version_id)
        if plan is None:
            plan = _build(store, version_id)
            _plans[version_id] = plan
            while len(_plans) > KEPT:
                _plans.popitem(last=False)
        return plan


def forget_dry(version_id: bytes) -> None:
    """Let the next dry run of a version look again at what is released by now."""
    _plans.pop(dry(version_id), None)


def _build(store: Store, key: bytes) -> Plan:
    """A plan with its called plans; a process may call itself, at any distance."""
    version_id = key.removesuffix(DRY) if len(key) > KEY_BYTES else key
    bundle, pins = store.read(bundle_of, version_id=version_id)
    if version_id != key:
        pins = store.read(would_pin, bundle=bundle, version_id=version_id, pins=pins)
    return assemble(bundle, pins, lambda pinned: _pinned(store, pinned))


def _pinned(store: Store, version_id: bytes) -> tuple[Bundle, Pins]:
    return store.read(bundle_of, version_id=version_id)


def assemble(bundle: Bundle, pins: Pins, fetch: Callable[[bytes], tuple[Bundle, Pins]]) -> Plan:
    """The plan of a bundle whose missing parts come from the bundles it pins."""
    return _Assembly(fetch).plan(None, bundle, pins)


class _Assembly:
    def __init__(self, fetch: Callable[[bytes], tuple[Bundle, Pins]]) -> None:
        self.fetch = fetch
        self.bundles: dict[bytes, tuple[Bundle, Pins]] = {}
        self.plans: dict[tuple[bytes | None, str], Plan] = {}

    def bundle(self, version_id: bytes) -> tuple[Bundle, Pins]:
        if version_id not in self.bundles:
            self.bundles[version_id] = self.fetch(version_id)
        return self.bundles[version_id]

    def plan(
        self, version_id: bytes | None, bundle: Bundle, pins: Pins, key: str | None = None
    ) -> Plan:
        """The plan of one process of a bundle, its main one unless a key is given."""
        model = bundle.processes[key or bundle.key]
        place = (version_id, model.key)
        if place in self.plans:
            return self.plans[place]
        forms, decisions = dict(bundle.forms), dict(bundle.decisions)
        for name, pinned in pins.forms.items():
            forms.setdefault(name, self.bundle(pinned)[0].forms[name])
        for name, pinned in pins.decisions.items():
            decisions.setdefault(name, self.bundle(pinned)[0].decisions[name])
        called: dict[str, Plan] = {}
        plan = self.plans[place] = make_plan(model, forms, decisions, called)
        for name in sorted({n.work.called for n in model.nodes.values() if n.work.called}):
            if name in bundle.processes:
                called[name] = self.plan(version_id, bundle, pins, name)
            else:
                other = pins.processes[name]
                called[name] = self.plan(other, *self.bundle(other))
        return plan


def bundle_of(uow: Uow, *, version_id: bytes) -> tuple[Bundle, Pins]:
    """A stored bundle, read again from its files, and what it pins."""
    row = uow.one(_PINS, id=version_id)
    assert row is not None, "a version in use is never deleted"
    files = {name: bytes(content) for name, kind, content in uow.all(_FILES, id=version_id)}
    main = next(n for n, kind, _ in uow.all(_FILES, id=version_id) if kind == "main")
    return read_bundle(main, files, ROLES), Pins.of(json_text.read(row[0]))


def would_pin(uow: Uow, *, bundle: Bundle, version_id: bytes, pins: Pins) -> Pins:
    """What a version has pinned, else what it would pin if it were released now.

    Raises:
        Conflict: naming what is released nowhere.
    """
    row = uow.one(_STATE, id=version_id)
    if row is None or row[1] not in UNPINNED:
        return pins
    found: dict[str, dict[str, bytes]] = {kind: {} for kind in PIN_KINDS.values()}
    for kind, key in sorted(missing_items(bundle)):
        offered = offer(uow, kind, key, row[0])
        if offered is None:
            raise Conflict(f"The {kind} {key} is not in the bundle, and none is released.")
        found[PIN_KINDS[kind]][key] = offered
    return Pins(**found)


_v, _f = t.process_version.c, t.bundle_file.c
_STATE = db.Statement(sa.select(_v.site_id, _v.state).where(_v.id == sa.bindparam("id")))
_PINS = db.Statement(sa.select(_v.pins).where(_v.id == sa.bindparam("id")))
_FILES = db.Statement(
    sa.select(_f.name, _f.kind, _f.content)
    .where(_f.version_id == sa.bindparam("id"))
    .order_by(_f.name)
)
