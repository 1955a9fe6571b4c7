"""One machine: how it stood, what it does and says, why it stood, what it was told."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, g
from marshmallow import fields, validate

from api.rest.collection.sending import readings_store
from api.rest.schemas.basics import Strict
from api.web.charts import Stretch, state_strip, trend
from api.web.language import gettext as _
from api.web.language import here, instant
from api.web.machines.board import start_of_day
from api.web.machines.gateways import shown
from api.web.machines.words import job_look, link_look, reason_words, state_look
from api.web.page import Shown, View, page
from engine.access.permissions import Permission
from engine.collection import gateways, overview, queries
from engine.collection.readings import trends
from engine.equipment import queries as equipment
from engine.kernel.clock import to_ms
from engine.performance.downtimes import queries as downtimes
from engine.performance.downtimes import reasons
from engine.workflow.work.dispatch import queries as jobs

blueprint = Blueprint("machine", __name__)
HOURS = {"8h": 8, "24h": 24, "7d": 168}
POINTS = 240
STOPS, COMMANDS = 12, 10
SHORTEST = timedelta(minutes=15)  # that a picture shows


class MachineQuery(Strict):
    """Over which time, and of which tag the trend is drawn."""

    period = fields.String(load_default="8h", validate=validate.OneOf(HOURS))
    tag = fields.String(load_default=None, validate=validate.Length(max=200))


@page(
    blueprint,
    "/machines/<string:code>",
    "machines/machine.html",
    query=MachineQuery,
    live=overview.floor_mark,
    parts=("now",),
)
def machine(view: View, code: str) -> Shown:
    """A machine with its states, signals, stops and commands."""
    item = view.read(equipment.equipment_item, code=code, site=view.site)
    end: datetime = g.now
    start = end - timedelta(hours=HOURS[view.args["period"]])
    unit = view.read(equipment.unit_of, code=code, site=view.site)
    told = view.read(queries.present, unit=code, site=view.site)
    stretches = list(_stretches(view, code, start, end))
    drawn = _drawn_from(stretches, start, end)
    listed = {"unit": code, "site": view.site}
    stops = view.read(downtimes.downtime_list, **listed, limit=STOPS, start=to_ms(start))
    told_to = view.read(jobs.job_list, **listed, limit=COMMANDS)["items"]
    return {
        "item": item,
        "look": state_look(item["state"]),
        "why": reason_words(told["reason"]),
        "told": told,
        "link": _link(view, told["gateway"], code),
        "periods": [("8h", _("8 hours")), ("24h", _("24 hours")), ("7d", _("7 days"))],
        "given": view.args,
        "strip": state_strip(
            stretches, drawn, end, g.zone, _("States of %(name)s", name=item["name"])
        ),
        "stretches": stretches[::-1],
        "shares": _shares(stretches),
        "sums": _sums(view, code),
        "signals": readings_store().read(trends.current, unit=unit.id),
        "trend": _trend(view, unit.id, drawn, end),
        "stops": stops["items"],
        "reasons": view.read(reasons.tree, site=view.site)["items"],
        "commands": [(job, job_look(job["state"])) for job in told_to],
        "may_explain": view.may(Permission.DOWNTIME_EXPLAIN),
        "may_manage": view.may(Permission.EQUIPMENT_MANAGE),
    }


def _stretches(view: View, code: str, start: datetime, end: datetime) -> Iterator[Stretch]:
    found = view.read(queries.states, unit=code, site=view.site, start=to_ms(start), end=to_ms(end))
    for each in found["items"]:
        began = instant(each["began"])
        ended = instant(each["ended"]) if each["ended"] else end
        time = here().duration((ended - began).total_seconds())
        words = f"{state_look(each['state']).word}, {here().short(began, g.zone, g.now)}, {time}"
        yield Stretch(each["state"], began, ended, words)


def _drawn_from(stretches: list[Stretch], start: datetime, end: datetime) -> datetime:
    """Where pictures begin: of a machine that is new to the plant they show what there is."""
    known = stretches[0].began if stretches else start
    return max(start, min(known, end - SHORTEST))


def _shares(stretches: list[Stretch]) -> list[tuple[str, str, float, float]]:
    """Each state with its word, its seconds and its share in percent, the longest first."""
    seconds: dict[str, float] = {}
    for each in stretches:
        lasted = (each.ended - each.began).total_seconds()
        seconds[each.state] = seconds.get(each.state, 0.0) + lasted
    whole = sum(seconds.values()) or 1.0
    ordered = sorted(seconds.items(), key=lambda pair: -pair[1])
    return [(state, state_look(state).word, time, 100 * time / whole) for state, time in ordered]


def _sums(view: View, code: str) -> Mapping[str, int]:
    """What it made today."""
    start = to_ms(start_of_day(g.now, g.zone))
    period = {"start": start, "end": to_ms(g.now) + 1}
    sums: Mapping[str, Any] = view.read(queries.sums, unit=code, site=view.site, **period)
    counted: Mapping[str, int] = sums["counted"]
    return counted


def _link(view: View, gateway: str | None, code: str) -> Mapping[str, Any] | None:
    """How the gateway that speaks for this machine is connected to it, as long as it says so."""
    if gateway is None:
        return None
    found = view.read(gateways.gateway_item, name=gateway, site=view.site)
    machines = (found["health"] or {}).get("machines", [])
    mine = next((each for each in machines if each["unit"] == code), None)
    heard = shown(mine) if mine and found["state"] == "alive" else {}
    return {
        "gateway": found,
        "look": link_look(mine["state"]) if mine else None,
        "error": heard.get("error"),
        "warnings": heard.get("warnings", []),
    }


def _trend(view: View, unit: bytes, start: datetime, end: datetime) -> Mapping[str, Any] | None:
    """The chosen tag over the period; nothing if none is chosen."""
    tag = view.args["tag"]
    if tag is None:
        return None
    period = {"start": to_ms(start), "end": to_ms(end), "points": POINTS}
    found = readings_store().read(trends.trend, unit=unit, tag=tag, **period)
    points, width = found["points"], found["milliseconds"]
    began = instant(found["from"])
    number = max(1, round((end - began) / timedelta(milliseconds=width)))
    label = _("%(tag)s over the time above", tag=tag)
    numbers = [point for point in points if point["mean"] is not None]
    return {
        "tag": tag,
        "unit": found["unit_of_measure"],
        "picture": trend(points, began, width, number, label),
        "low": min((point["min"] for point in numbers), default=None),
        "high": max((point["max"] for point in numbers), default=None),
        "last": numbers[-1]["mean"] if numbers else None,
    }
