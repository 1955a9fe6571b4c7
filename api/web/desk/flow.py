"""Flow: the live diagram of a routing, and where work piles up."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g, redirect
from marshmallow import fields, validate

from api.rest.schemas.basics import Strict
from api.web.language import gettext as _
from api.web.page import Shown, View, page
from engine.kernel.clock import iso, to_ms
from engine.workflow.work.overview import flow as flows
from engine.workflow.work.versions import queries, used

blueprint = Blueprint("flow", __name__)
PERIODS = {"8h": timedelta(hours=8), "24h": timedelta(days=1), "7d": timedelta(days=7)}
LONGEST = "30d"
PERIODS[LONGEST] = timedelta(days=30)
MAX_PROCESSES = 200


class FlowQuery(Strict):
    """Which version, and over which time; days are the plant's."""

    version = fields.Integer(load_default=None)
    period = fields.String(load_default="24h", validate=validate.OneOf(PERIODS))
    start = fields.Date(load_default=None, data_key="from", allow_none=True)
    end = fields.Date(load_default=None, data_key="to", allow_none=True)

    def load(self, data: Any, **options: Any) -> Any:
        """Fields that were left open count as not given."""
        return super().load({name: given for name, given in data.items() if given}, **options)


@page(blueprint, "/flow", "desk/flow_none.html")
def any_flow(view: View) -> Shown:
    """The routing on which most runs, if there is any."""
    items = view.read(queries.processes, site=view.site, limit=MAX_PROCESSES)["items"]
    running = view.read(used.running_counts, site=view.site)
    in_force = [item["key"] for item in items if item["released"]]
    if not in_force:
        return {}
    best = max(in_force, key=lambda key: running.get(key, 0))
    return redirect(f"/flow/{best}", 303)  # type: ignore[return-value]


@page(blueprint, "/flow/<string:key>", "desk/flow.html", query=FlowQuery, live=True, parts=("now",))
def flow(view: View, key: str) -> Shown:
    """A version's diagram with what stands where, and its steps with the worst first."""
    item = view.read(queries.process_item, key=key, site=view.site)
    version = view.args["version"] or _in_force(item)
    start, end = _period(view, g.zone, g.now)
    found = view.read(
        flows.flow, key=key, version=version, start=to_ms(start), end=to_ms(end), site=view.site
    )
    ranked = sorted(
        (each for each in found["elements"] if each["here"] or each["done"]), key=_worst
    )
    return {
        "item": item,
        "version": version,
        "processes": view.read(queries.processes, site=view.site, limit=MAX_PROCESSES)["items"],
        "periods": [(code, _words(code)) for code in PERIODS],
        "period": view.args["period"],
        "given_from": view.args["start"] or "",
        "given_to": view.args["end"] or "",
        "words_of_period": _("in the last %(time)s", time=_words(view.args["period"]))
        if view.args["start"] is None
        else _("in the days chosen"),
        "flow": found,
        "ranked": ranked,
        "most": max((each["here"] for each in ranked), default=0),
        "diagram": {
            "source": f"/api/v1/processes/{key}/versions/{version}.bpmn",
            "flow": found,
            "now": iso(to_ms(g.now)),
        },
    }


def _in_force(item: dict[str, Any]) -> int:
    versions: list[dict[str, Any]] = item["versions"]
    chosen = next((v for v in versions if v["state"] == "released"), versions[0])
    return int(chosen["version"])


def _period(view: View, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """The time looked at: whole days of the plant, or up to now."""
    start: date | None = view.args["start"]
    if start is None:
        return now - PERIODS[view.args["period"]], now
    end: date = max(view.args["end"] or now.astimezone(zone).date(), start)
    begin = datetime.combine(start, time(), zone)
    return begin, datetime.combine(end + timedelta(days=1), time(), zone)


def _worst(each: dict[str, Any]) -> tuple[int, float, int]:
    """Most here first, then the longest wait, then the most done."""
    return -each["here"], -(each["waited_seconds_median"] or 0.0), -each["done"]


def _words(code: str) -> str:
    words = {"8h": _("8 hours"), "24h": _("24 hours"), "7d": _("7 days"), LONGEST: _("30 days")}
    return words[code]
