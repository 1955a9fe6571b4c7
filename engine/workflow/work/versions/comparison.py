"""Two versions compared, or a draft that is stored nowhere with a version."""

from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.bundles import Bundle, Pins, kind_of
from engine.workflow.definition.compare import Side, compare
from engine.workflow.definition.compare.drawing import places
from engine.workflow.definition.decisions import Decision
from engine.workflow.definition.lint import missing_items
from engine.workflow.work.versions.plans import bundle_of
from engine.workflow.work.versions.queries import offer, version_row
from forms.compiler import Form

KINDS = {"process": "processes", "decision": "decisions", "form": "forms"}


def compare_versions(uow: Uow, *, key: str, old: int, new: int, site: int) -> list[dict[str, Any]]:
    """What version `new` of a process changes against version `old`."""
    return _compared(_stored(uow, key, old, site), _stored(uow, key, new, site))


def compare_draft(
    uow: Uow, *, key: str, old: int, bundle: Bundle, site: int
) -> list[dict[str, Any]]:
    """What a bundle that is not stored changes against a version."""
    return _compared(_stored(uow, key, old, site), _side(uow, bundle, Pins(), site))


def _compared(old: Side, new: Side) -> list[dict[str, Any]]:
    return [change.as_item() for change in compare(old, new)]


def _stored(uow: Uow, key: str, version: int, site: int) -> Side:
    identity = bytes(version_row(uow, key, version, site)[0])
    return _side(uow, *bundle_of(uow, version_id=identity), site)


def _side(uow: Uow, bundle: Bundle, pins: Pins, site: int) -> Side:
    """A bundle with what it pins, or would pin if it were released now."""
    forms: dict[str, Form] = dict(bundle.forms)
    decisions: dict[str, Decision] = dict(bundle.decisions)
    pinned: dict[tuple[str, str], str] = {}
    for kind, name in sorted(missing_items(bundle)):
        taken = getattr(pins, KINDS[kind]).get(name) or offer(uow, kind, name, site)
        if taken is None:
            continue
        other, _ = bundle_of(uow, version_id=taken)
        row = uow.one(_NUMBER, id=taken)
        assert row is not None, "a version that is pinned is never deleted"
        pinned[kind, name] = f"{row[0]} version {row[1]}"
        if kind == "form":
            forms[name] = other.forms[name]
        elif kind == "decision":
            decisions[name] = other.decisions[name]
    drawn = [
        content
        for name, content in bundle.files.items()
        if name == bundle.main or kind_of(name) == "process"
    ]
    return Side(bundle.processes, forms, decisions, pinned, places(drawn))


_v = t.process_version.c
_NUMBER = db.Statement(sa.select(_v.key, _v.version).where(_v.id == sa.bindparam("id")))
