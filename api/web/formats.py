"""Filters of the templates: values as people read them, in the language and zone of the page."""

import json
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask import Flask, g
from markupsafe import Markup, escape

from api.web.language import Language, here, instant
from api.web.language import gettext as _
from engine.kernel import json_text

AMOUNT = {"value", "unit"}
DIGITS = 5
WRITTEN = {"Cel": "°C", "[degF]": "°F", "deg": "°", "mbar.L/s": "mbar·L/s", "/min": "1/min"}


def moment(at: str | datetime | None) -> Markup | str:
    """An instant as day and time: the machine's form stands in its `datetime`."""
    return "–" if at is None else _time(at, here().moment(instant(at), g.zone))


def short(at: str | datetime | None) -> Markup | str:
    """An instant as the time alone today, else with its day."""
    return "–" if at is None else _time(at, here().short(instant(at), g.zone, g.now))


def day(at: str | datetime | None) -> str:
    """An instant as its day."""
    return "–" if at is None else here().day(instant(at), g.zone)


def since(at: str | datetime | None) -> Markup | str:
    """How long ago an instant was; the page's clock keeps it true."""
    if at is None:
        return "–"
    read = instant(at)
    words = here()
    text = escape(words.duration((g.now - read).total_seconds()))
    title = escape(_moment(words, read, g.zone))
    return Markup(f'<time data-since datetime="{_iso(read)}" title="{title}">{text}</time>')


@lru_cache(maxsize=4096)
def _moment(language: Language, at: datetime, zone: tzinfo) -> str:
    """The same instants are on every screen that lists them, and are written slowly."""
    return language.moment(at, zone)


def duration(seconds: float | None) -> str:
    """A length of time: `3 h 10 min`."""
    return "–" if seconds is None else here().duration(seconds)


def number(value: Decimal | int | float | None) -> str:
    """A number as its readers write it."""
    return "–" if value is None else here().number(value)


def rounded(given: Decimal | int | float | str | bool | None) -> str:
    """A measured value as far as it can be read at a glance: five digits."""
    if isinstance(given, bool) or not isinstance(given, (int, float, Decimal)):
        return value(given)
    exact = Decimal(given)
    short = round(exact, max(DIGITS - 1 - exact.adjusted(), 0)) if exact else exact
    whole = short == short.to_integral()
    return here().number(short.quantize(Decimal(1)) if whole else short.normalize())


def measure(code: str | None) -> str:
    """A unit as it is written on a drawing, from its UCUM code."""
    return WRITTEN.get(code or "", code or "")


def value(given: Any) -> str:
    """Any variable or answer as one line of text."""
    if given is None:
        return "–"
    if isinstance(given, bool):
        return _("yes") if given else _("no")
    if isinstance(given, (int, float, Decimal)):
        return here().number(given)
    if isinstance(given, dict) and given.keys() == AMOUNT:
        return f"{here().number(Decimal(given['value']))} {given['unit']}"
    if isinstance(given, list):
        return ", ".join(value(item) for item in given)
    if isinstance(given, dict):
        return "; ".join(f"{name}: {value(item)}" for name, item in given.items())
    return str(given)


def to_json(given: Any) -> Markup:
    """A value for a script to read from an element of the type `application/json`."""
    text = json_text.write(given).decode()
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))


def attribute_json(given: Any) -> str:
    """A value for a script to read from an attribute; the template escapes it."""
    return json.dumps(given, separators=(",", ":"), default=str)


def register_formats(app: Flask) -> None:
    """Give the filters to the templates."""
    for each in (moment, short, day, since, duration, number, rounded, measure, value):
        app.add_template_filter(each)
    app.add_template_filter(to_json, "json")
    app.add_template_filter(attribute_json, "attr_json")


def _time(at: str | datetime, text: str) -> Markup:
    return Markup(f'<time datetime="{_iso(instant(at))}">{escape(text)}</time>')


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
