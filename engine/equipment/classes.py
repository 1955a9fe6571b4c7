"""Equipment classes: what equipment can do, so that a diagram need not name one machine."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.equipment import rules
from engine.equipment.queries import LIMIT
from engine.equipment.tables import equipment, equipment_class, equipment_class_member
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, FieldProblem, Invalid, NotFound, Stale
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Row, Uow
from engine.records.audit import audit

Item = dict[str, Any]


class CodeTaken(Conflict):
    """Equipment or a class has the code already."""

    code = "equipment-exists"
    title = "Code in use"


class ClassNotFound(NotFound):
    """No class of this site has the code."""

    code = "equipment-class-not-found"
    title = "Equipment class not found"


# ---- commands ----


def create_class(uow: Uow, *, code: str, name: str, actor: Actor) -> Item:
    """Add a class, empty; equipment names the classes it belongs to.

    Raises:
        Invalid: for a code that cannot be one.
        CodeTaken: if equipment or a class has the code already.
    """
    check_code(uow, code, actor.site)
    row = {
        "id": new_id(),
        "site_id": actor.site,
        "code": code,
        "name": name,
        "revision": 1,
        "created": uow.now_ms,
        "created_by": actor.name,
    }
    uow.write(_CREATE, row)
    audit(uow, actor, "equipment_class.created", f"equipment_class:{code}", {"name": name})
    return class_item(uow, code=code, site=actor.site)


def change_class(
    uow: Uow, *, code: str, name: str, actor: Actor, expected: str | None = None
) -> Item:
    """Give a class another name.

    Raises:
        ClassNotFound: if there is none on this site.
        Stale: if `expected` is not the present revision.
    """
    alone(uow, actor.site)
    before = class_item(uow, code=code, site=actor.site)
    if expected is not None and expected != str(before["revision"]):
        raise Stale(f"{code} changed since you read it; read it again.")
    if before["name"] == name:
        return before
    uow.write(_RENAME, {"code": code, "site": actor.site, "name": name})
    detail = {"name": {"from": before["name"], "to": name}}
    audit(uow, actor, "equipment_class.changed", f"equipment_class:{code}", detail)
    return class_item(uow, code=code, site=actor.site)


def put(uow: Uow, key: bytes, codes: Sequence[str], site: int) -> None:
    """Let a piece of equipment belong to these classes and no others.

    Raises:
        Invalid: naming each class that there is not.
    """
    known = {code: bytes(found) for found, code in uow.all(_KEYS, site=site)}
    problems = [
        FieldProblem(f"/classes/{n}", f"There is no class {code[:80]!r}; create it first.")
        for n, code in enumerate(codes)
        if code not in known
    ]
    if problems:
        raise Invalid("The equipment cannot belong to these classes.", errors=problems)
    uow.write(_LEAVE, {"equipment": key})
    rows = [
        {"class_id": known[c], "equipment_id": key, "site_id": site} for c in sorted(set(codes))
    ]
    uow.write(_JOIN, rows)


# ---- queries ----


def class_item(uow: Uow, *, code: str, site: int) -> Item:
    """One class as the API shows it.

    Raises:
        ClassNotFound: if there is none on this site.
    """
    row = uow.one(_ONE, code=code, site=site)
    if row is None:
        raise ClassNotFound(f"There is no equipment class {code[:80]!r}.")
    return _view(uow, row)


def class_list(uow: Uow, *, site: int, limit: int, cursor: str | None = None) -> Item:
    """Classes by their codes; the cursor is the last code seen."""
    rows = uow.all(_LIST, site=site, after=cursor or "", limit=limit + 1)
    items = [_view(uow, row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["code"] if len(rows) > limit else None}


# ---- rules ----


def alone(uow: Uow, site: int) -> None:
    """Let one change of the equipment of a site be made after the other."""
    uow.alone(f"equipment:{site}")


def check_code(uow: Uow, code: str, site: int) -> None:
    """Let pass a code that is free, and let nobody else take it meanwhile."""
    if not rules.CODE.fullmatch(code):
        problem = (
            "A code has 1 to 64 letters, digits, points, hyphens and underscores, and begins with "
            "a letter or a digit, such as LATHE-1."
        )
        raise Invalid(problem, errors=[FieldProblem("/code", problem)])
    alone(uow, site)
    for statement, kind in ((_IS_EQUIPMENT, "equipment"), (_ONE, "an equipment class")):
        if uow.one(statement, code=code, site=site) is not None:
            raise CodeTaken(f"There is {kind} {code} already; choose another code.")


def _view(uow: Uow, row: Row) -> Item:
    members = [code for (code,) in uow.all(_MEMBERS, id=row[0])]
    return {
        "code": row[1],
        "name": row[2],
        "revision": row[3],
        "created": iso(row[4]),
        "created_by": row[5],
        "members": members,
    }


# ---- statements ----

_c, _m, _e = equipment_class.c, equipment_class_member.c, equipment.c
_SITE = _c.site_id == sa.bindparam("site", type_=sa.Integer)
_CODE = _c.code == sa.bindparam("code", type_=sa.Text)
_SELECT = sa.select(_c.id, _c.code, _c.name, _c.revision, _c.created, _c.created_by).where(_SITE)
_ONE = db.Statement(_SELECT.where(_CODE))
_LIST = db.Statement(
    _SELECT.where(_c.code > sa.bindparam("after", type_=sa.Text)).order_by(_c.code).limit(LIMIT)
)
_KEYS = db.Statement(sa.select(_c.id, _c.code).where(_SITE))
_MEMBERS = db.Statement(
    sa.select(_e.code)
    .join_from(equipment_class_member, equipment, _m.equipment_id == _e.id)
    .where(_m.class_id == sa.bindparam("id"))
    .order_by(_e.code)
)
_IS_EQUIPMENT = db.Statement(
    sa.select(_e.id).where(
        _e.site_id == sa.bindparam("site", type_=sa.Integer),
        _e.code == sa.bindparam("code", type_=sa.Text),
    )
)
_CREATE = db.insert(equipment_class)
_JOIN = db.insert(equipment_class_member)
_LEAVE = db.Statement(sa.text("DELETE FROM equipment_class_member WHERE equipment_id = :equipment"))
_RENAME = db.Statement(
    sa.text(
        "UPDATE equipment_class SET name = :name, revision = revision + 1"
        " WHERE site_id = :site AND code = :code"
    )
)
