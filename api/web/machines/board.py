"""The floor at a glance: neutral where all is well, loud where it is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g
from marshmallow import fields

from api.rest.schemas.basics import Strict
from api.web.machines.words import Look, state_look
from api.web.page import Shown, View, page
from engine.collection import overview
from engine.collection.overview import Told
from engine.equipment import queries as equipment
from engine.kernel.clock import iso, to_ms
from engine.performance.downtimes import queries as downtimes
from engine.workflow.work.dispatch import queries as jobs

blueprint = Blueprint("floor_board", __name__)
MAX_SHOWN = 200
# The order in which states ask for somebody.
URGENT = ("down", "unknown", "blocked", "starved", "setup", "maintenance")


class BoardQuery(Strict):
    """`wall` is for a screen that hangs in the hall."""

    wall = fields.Boolean(load_default=False)


@dataclass(frozen=True, slots=True)
class Card:
    """One machine on the board."""

    code: str
    name: str
    look: Look
    since: str | None
    told: Told
    job: dict[str, Any] | None
    stop: dict[str, Any] | None


@page(
    blueprint,
    "/floor",
    "machines/board.html",
    query=BoardQuery,
    live=overview.floor_mark,
    parts=("now",),
)
def board(view: View) -> Shown:
    """Every machine with its state, what it works on and what it made today."""
    groups = _groups(view)
    cards = [card for _, inside in groups for card in inside]
    return {
        "wall": view.args["wall"],
        "groups": groups,
        "cards": cards,
        "running": sum(card.look.icon == "running" for card in cards),
        "loud": sum(card.look.loud for card in cards),
        "unexplained": sum(bool(card.stop and card.stop["unexplained"]) for card in cards),
        "good": sum(card.told.good for card in cards),
        "scrap": sum(card.told.scrap for card in cards),
    }


def start_of_day(now: datetime, zone: ZoneInfo) -> datetime:
    """When this day began in the plant."""
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def _groups(view: View) -> list[tuple[str, list[Card]]]:
    """Cards under the name of what their unit stands in, what asks for somebody first."""
    nodes = list(_items(view, equipment.equipment_list))
    names = {node["code"]: node["name"] for node in nodes}
    parents = {node["code"]: node["parent"] for node in nodes}
    start = to_ms(start_of_day(g.now, g.zone))
    told = view.read(overview.told_since, site=view.site, start=start)
    working = _first(_items(view, jobs.job_list, state="claimed"), "unit")
    stops = _first(_items(view, downtimes.downtime_list, open=True), "unit")
    found: dict[str, list[Card]] = {}
    for unit in view.read(equipment.units, site=view.site):
        if unit.enabled:
            place = names.get(parents.get(unit.code) or "", "")
            card = Card(
                unit.code,
                unit.name,
                state_look(unit.state),
                iso(unit.state_since),
                told.get(unit.id, Told()),
                working.get(unit.code),
                stops.get(unit.code),
            )
            found.setdefault(place, []).append(card)
    return sorted(found.items())


def _items(view: View, query: Any, **filters: Any) -> Iterable[dict[str, Any]]:
    """Every item of a list, page by page."""
    cursor = None
    while True:
        found = view.read(query, site=view.site, limit=MAX_SHOWN, cursor=cursor, **filters)
        yield from found["items"]
        cursor = found["next"]
        if cursor is None:
            return


def _first(items: Iterable[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    """The first item, which is the newest, of each value of a key."""
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        if item[key] is not None:
            found.setdefault(item[key], item)
    return found
