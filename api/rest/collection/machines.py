"""What the machine of a unit did and says: states, counts, measurements, alarms, readings."""

from datetime import timedelta
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from api.rest.collection.schemas import (
    AlarmOut,
    AlarmQuery,
    ConfirmCountIn,
    CountIn,
    CountOut,
    EnteredCountOut,
    IntervalOut,
    MeasurementOut,
    MeasurementQuery,
    OfferOut,
    PeriodPageQuery,
    PeriodQuery,
    PresentOut,
    SumsOut,
    TrendOut,
    TrendQuery,
)
from api.rest.collection.sending import readings_store
from api.rest.route import Call, route
from api.rest.schemas.basics import page_of
from engine.access.permissions import Permission
from engine.collection import counting, filling, queries
from engine.collection.counting import Counted
from engine.collection.readings import trends
from engine.equipment.queries import unit_of
from engine.kernel.clock import to_ms
from engine.kernel.errors import FieldProblem, Invalid
from engine.kernel.ids import from_text

blueprint = Blueprint("machines", __name__, description="What the machines of units did and say")
ONE = "/equipment/<string:code>"
DAY_MS = 86_400_000
MOMENT = timedelta(milliseconds=1)


@route(
    blueprint,
    "GET",
    ONE + "/states",
    permission=Permission.READ,
    answer=page_of(IntervalOut),
    query=PeriodQuery,
)
def get_states(call: Call, code: str) -> Response:
    """How a unit stood in a period: intervals without a gap, oldest first."""
    start, end = _period(call)
    shown = None if call.args["end"] is None else end
    found = call.read(queries.states, unit=code, site=call.actor.site, start=start, end=shown)
    return call.answer(found)


@route(
    blueprint,
    "GET",
    ONE + "/counts",
    permission=Permission.READ,
    answer=page_of(CountOut),
    query=PeriodPageQuery,
)
def list_counts(call: Call, code: str) -> Response:
    """What was counted in a period, newest first."""
    return _read(call, queries.counts, code)


@route(
    blueprint,
    "GET",
    ONE + "/counts/sums",
    permission=Permission.READ,
    answer=SumsOut,
    query=PeriodQuery,
)
def get_sums(call: Call, code: str) -> Response:
    """The sums of a period: what the machine counted, what people did, and what holds."""
    return _read(call, queries.sums, code)


@route(
    blueprint,
    "POST",
    ONE + "/counts",
    permission=Permission.COUNT_ENTER,
    answer=EnteredCountOut,
    body=CountIn,
    status=201,
)
def enter_count(call: Call, code: str) -> Response:
    """Enter what a person counted, or a counter's readings at start and end."""
    return call.run(counting.enter, unit=code, counted=Counted(**call.body))


@route(
    blueprint,
    "POST",
    ONE + "/counts/<string:count>/confirm",
    permission=Permission.COUNT_CONFIRM,
    answer=CountOut,
    body=ConfirmCountIn,
)
def confirm_count(call: Call, code: str, count: str) -> Response:
    """Say what a counter that jumped has really made."""
    return call.run(counting.confirm, unit=code, count=count, **call.body)


@route(
    blueprint,
    "GET",
    ONE + "/measurements",
    permission=Permission.READ,
    answer=page_of(MeasurementOut),
    query=MeasurementQuery,
)
def list_measurements(call: Call, code: str) -> Response:
    """Process measurements of a period, newest first."""
    return _read(call, queries.measurements, code)


@route(
    blueprint,
    "GET",
    ONE + "/alarms",
    permission=Permission.READ,
    answer=page_of(AlarmOut),
    query=AlarmQuery,
)
def list_alarms(call: Call, code: str) -> Response:
    """Alarms that were raised in a period, newest first."""
    return _read(call, queries.alarms, code)


@route(blueprint, "GET", ONE + "/signals", permission=Permission.READ, answer=PresentOut)
def get_signals(call: Call, code: str) -> Response:
    """What the machine says now: state, counters, measurements, alarms, readings."""
    unit = call.read(unit_of, code=code, site=call.actor.site)
    present = call.read(queries.present, unit=code, site=call.actor.site)
    now = readings_store().read(trends.current, unit=unit.id)
    return call.answer(present | {"readings": now})


@route(
    blueprint,
    "GET",
    ONE + "/readings",
    permission=Permission.READ,
    answer=TrendOut,
    query=TrendQuery,
)
def get_trend(call: Call, code: str) -> Response:
    """A tag over a period: least, most and mean of each part of it; gaps are shown."""
    unit = call.read(unit_of, code=code, site=call.actor.site)
    start, end = _period(call)
    found = readings_store().read(
        trends.trend,
        unit=unit.id,
        tag=call.args["tag"],
        start=start,
        end=end,
        points=call.args["points"],
    )
    return call.answer(found)


@route(
    blueprint,
    "GET",
    "/tasks/<string:task>/measurements",
    permission=Permission.READ,
    answer=page_of(OfferOut),
)
def list_offers(call: Call, task: str) -> Response:
    """Measurements that may answer the task's form: the newest good ones since it began."""
    key = from_text(task, "task")
    items = call.read(filling.offers, task=key, site=call.actor.site)
    return call.answer({"items": items, "next": None})


def _read(call: Call, query: Any, code: str) -> Response:
    start, end = _period(call)
    rest = {name: value for name, value in call.args.items() if name not in ("start", "end")}
    found = call.read(query, unit=code, site=call.actor.site, start=start, end=end, **rest)
    return call.answer(found)


def _period(call: Call) -> tuple[int, int]:
    """From when to before when; without an end what is said just now is in it."""
    end = to_ms(call.args["end"] or call.store.clock.now() + MOMENT)
    start = to_ms(call.args["start"]) if call.args["start"] else end - DAY_MS
    if start >= end:
        problem = FieldProblem("/from", "The period begins before it ends.")
        raise Invalid("The period is not understood.", errors=[problem])
    return start, end
