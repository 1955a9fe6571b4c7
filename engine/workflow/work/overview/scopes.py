"""The variables inside an instance: of called processes, of subprocesses, of items."""

from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.errors import NotFound
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.execution.frontier import ROOT, load

CALLED, DATA, ITEM = "called", "data", "item"


def inner_scopes(uow: Uow, *, instance: bytes, site: int) -> list[dict[str, Any]]:
    """Every scope below the process itself that holds variables, outer ones first.

    `kind` is `called` for the variables of a called process, `data` for the data objects of a
    subprocess, `item` for what belongs to one run of an activity that has several.

    Raises:
        NotFound: if there is no such instance on this site.
    """
    row = uow.one(_STATE, id=instance)
    if row is None or row[2] != site:
        raise NotFound("There is no such instance.")
    if not row[0]:
        return []
    frontier = load(bytes(row[0]), bytes(row[1]))
    places = {token.number: shown(token.element) for token in frontier.tokens}
    found = []
    for scope in frontier.scopes:
        if scope.number != ROOT and scope.variables:
            found.append(_scope(places, scope.number, CALLED, scope.variables))
        if scope.own:
            found.append(_scope(places, scope.number, DATA, scope.own))
    found += [_scope(places, x.number, ITEM, x.own) for x in frontier.tokens if x.own]
    return found


def _scope(
    places: dict[int, str], number: int, kind: str, variables: dict[str, object]
) -> dict[str, Any]:
    return {
        "element": places.get(number, ""),
        "number": number,
        "kind": kind,
        "variables": variables,
    }


_i = t.instance.c
_STATE = db.Statement(
    sa.select(_i.frontier, _i.variables, _i.site_id).where(_i.id == sa.bindparam("id"))
)
