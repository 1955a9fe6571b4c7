"""Why units stand: a tree of two levels, so that two taps are enough; each site has its own.

What is shipped counts until a site changes something of it; from then on all of it is the site's.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, FieldProblem, Invalid, NotFound, Stale
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.performance.downtimes.shipped import SHIPPED, Reason
from engine.performance.downtimes.tables import downtime_reason
from engine.records.audit import audit

Item = dict[str, Any]
__all__ = ["Reason"]


class ReasonExists(Conflict):
    """Another reason has the code."""

    code = "downtime-reason-exists"
    title = "Reason exists already"


class ReasonNotFound(NotFound):
    """The site has no such reason."""

    code = "downtime-reason-not-found"
    title = "Reason not found"


# ---- queries ----


def by_code(uow: Uow, *, site: int) -> dict[str, Reason]:
    """Every reason of a site, those out of use too."""
    rows = uow.all(_ALL, site=site)
    stored = [
        Reason(code, name, parent, bool(planned), bool(enabled), position, revision)
        for code, name, parent, planned, enabled, position, revision in rows
    ]
    return {reason.code: reason for reason in stored or SHIPPED}


def tree(uow: Uow, *, site: int) -> Item:
    """The groups of reasons with what is in them, in the order in which they are offered."""
    known = sorted(by_code(uow, site=site).values(), key=lambda r: (r.position, r.code))
    below: dict[str | None, list[Item]] = {}
    for reason in known:
        below.setdefault(reason.parent, []).append(view(reason))
    return {
        "items": [
            group | {"children": below.get(group["code"], [])} for group in below.get(None, [])
        ]
    }


def view(reason: Reason) -> Item:
    """A reason as the API shows it."""
    return {name: getattr(reason, name) for name in Reason.__dataclass_fields__}


def full_name(reason: Reason, known: Mapping[str, Reason]) -> str:
    """A reason with its group before it."""
    group = known.get(reason.parent or "")
    return reason.name if group is None else f"{group.name} · {reason.name}"


def check(uow: Uow, code: str, site: int) -> None:
    """Let pass what can be given as a reason.

    Raises:
        Invalid: for one that there is not, that is out of use, or that is a group of others.
    """
    known = by_code(uow, site=site)
    found = known.get(code)
    below = sorted(r.code for r in known.values() if r.parent == code and r.enabled)
    problem = None
    if found is None:
        problem = f"There is no reason {code[:80]!r}; GET /downtime-reasons lists them."
    elif not found.enabled:
        problem = f"The reason {code} is out of use; choose another one."
    elif below:
        problem = f"{code} is a group; choose one of {', '.join(below)}."
    if problem:
        raise Invalid(problem, errors=[FieldProblem("/reason", problem)])


# ---- commands ----


def create_reason(uow: Uow, *, reason: Reason, actor: Actor) -> Item:
    """Add a reason, or a group of reasons.

    Raises:
        ReasonExists: if one has the code.
        Invalid: if its group is none.
    """
    known = _own(uow, actor.site)
    if reason.code in known:
        raise ReasonExists(f"There is a reason {reason.code} already; choose another code.")
    _check_group(known, reason)
    _write(uow, _ADD, reason, actor.site, id=new_id())
    audit(uow, actor, "downtime_reason.created", _subject(reason.code), view(reason))
    return view(reason)


def change_reason(
    uow: Uow,
    *,
    code: str,
    values: Mapping[str, Any],
    actor: Actor,
    expected: str | None = None,
) -> Item:
    """Change a reason; what was explained with it keeps it, even where it is out of use.

    Args:
        values: `name`, `parent`, `planned`, `enabled`, `position`.

    Raises:
        ReasonNotFound: if the site has no such reason.
        Stale: if `expected` is not the present revision.
        Invalid: if its group is none.
    """
    known = _own(uow, actor.site)
    before = known.get(code)
    if before is None:
        raise ReasonNotFound(f"There is no reason {code[:80]!r}.")
    if expected is not None and expected != str(before.revision):
        raise Stale("The reason changed since you read it; read it again.")
    after = replace(before, **values)
    if after == before:
        return view(before)
    _check_group(known, after)
    after = replace(after, revision=before.revision + 1)
    _write(uow, _CHANGE, after, actor.site)
    was, now = view(before), view(after)
    detail = {name: {"from": was[name], "to": now[name]} for name in now if now[name] != was[name]}
    audit(uow, actor, "downtime_reason.changed", _subject(code), detail)
    return now


# ---- rules ----


def _own(uow: Uow, site: int) -> dict[str, Reason]:
    """The reasons of a site as its own, which they become with the first change."""
    uow.alone(f"downtime_reasons:{site}")
    if uow.one(_ANY, site=site) is None:
        for reason in SHIPPED:
            _write(uow, _ADD, reason, site, id=new_id())
    return by_code(uow, site=site)


def _check_group(known: Mapping[str, Reason], reason: Reason) -> None:
    if reason.parent is None:
        return
    group = known.get(reason.parent)
    problem = None
    if group is None or group.parent is not None:
        problem = f"{reason.parent[:80]} is no group; a group has nothing above it."
    elif reason.parent == reason.code:
        problem = "A reason cannot be its own group."
    elif any(each.parent == reason.code for each in known.values()):
        problem = f"{reason.code} is a group itself; two levels are all there are."
    if problem:
        raise Invalid(problem, errors=[FieldProblem("/parent", problem)])


def _write(uow: Uow, statement: db.Statement, reason: Reason, site: int, **more: Any) -> None:
    uow.write(statement, view(reason) | {"site_id": site} | more)


def _subject(code: str) -> str:
    return f"downtime_reason:{code}"


# ---- statements ----

_r = downtime_reason.c
_SITE = _r.site_id == sa.bindparam("site", type_=sa.Integer)
_ALL = db.Statement(
    sa.select(
        *(_r.code, _r.name, _r.parent, _r.planned, _r.enabled, _r.position, _r.revision)
    ).where(_SITE)
)
_ANY = db.Statement(sa.select(_r.id).where(_SITE).limit(sa.literal_column("1")))
_ADD = db.insert(downtime_reason)
_CHANGE = db.Statement(
    sa.text(
        "UPDATE downtime_reason SET name = :name, parent = :parent, planned = :planned,"
        " enabled = :enabled, position = :position, revision = :revision"
        " WHERE site_id = :site_id AND code = :code"
    )
)
