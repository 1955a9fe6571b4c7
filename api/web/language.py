"""The languages people read: messages, numbers and times, each as its readers write them.

A catalogue is a `.po` file, read when it is first needed; there is no compiled file to forget.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import g

CATALOGUES = Path(__file__).parent / "translations"
SOURCE = "en"
NAMES = {"en": "English", "de": "Deutsch"}
LOCALES = {"en": "en_GB", "de": "de_DE"}  # days first, 24 hours: as plants write them
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Language:
    """One language: how its readers see words, numbers and times."""

    code: str
    locale: Locale
    messages: NullTranslations

    def number(self, value: Decimal | int | float) -> str:
        """A number with all of its digits, grouped and pointed as the language does."""
        exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
        digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        if isinstance(value, float):
            return format_decimal(value, locale=self.locale, decimal_quantization=False)
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(value, pattern, locale=self.locale)

    def moment(self, at: datetime, zone: tzinfo) -> str:
        """A day and a time in a zone: `24 Nov 2026, 14:05`."""
        return f"{self.day(at, zone)}, {self.clock(at, zone)}"

    def day(self, at: datetime, zone: tzinfo) -> str:
        """A day: `24 Nov 2026`."""
        return self._written("yMMMd", at, zone)

    def clock(self, at: datetime, zone: tzinfo) -> str:
        """A time of day: `14:05`."""
        return self._written("Hm", at, zone)

    def short(self, at: datetime, zone: tzinfo, now: datetime) -> str:
        """The time alone today, else the day with it: `14:05`, `23 Nov, 14:05`."""
        local, today = at.astimezone(zone), now.astimezone(zone)
        if local.date() == today.date():
            return self.clock(at, zone)
        day = self._written("MMMd" if local.year == today.year else "yMMMd", at, zone)
        return f"{day}, {self.clock(at, zone)}"

    def _written(self, skeleton: str, at: datetime, zone: tzinfo) -> str:
        return format_skeleton(skeleton, at, tzinfo=zone, locale=self.locale)

    def duration(self, seconds: float) -> str:
        """A length of time in its two largest units: `3 h 10 min`, `2 d 4 h`, `40 s`."""
        whole = max(0, round(seconds))
        day, hour, minute = (self.messages.gettext(unit) for unit in ("d", "h", "min"))
        if whole < MINUTE:
            return f"{whole} {self.messages.gettext('s')}"
        if whole < HOUR:
            return f"{whole // MINUTE} {minute}"
        if whole < DAY:
            return _two(whole // HOUR, hour, whole % HOUR // MINUTE, minute)
        return _two(whole // DAY, day, whole % DAY // HOUR, hour)


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    first = f"{large} {large_unit}"
    return f"{first} {small} {small_unit}" if small else first


@lru_cache
def language(code: str) -> Language:
    """The language of a code of `NAMES`."""
    path = CATALOGUES / f"{code}.po"
    locale = Locale.parse(LOCALES[code])
    if code == SOURCE or not path.exists():
        return Language(code, locale, NullTranslations())
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return Language(code, locale, Translations(compiled))


def preferred(wishes: Iterable[str | None], accepted: Iterable[str] = ()) -> str:
    """The first wish that there is a language for, else the first accepted one, else English."""
    for wish in (*wishes, *accepted):
        code = (wish or "").split("-")[0].lower()
        if code in NAMES:
            return code
    return SOURCE


def here() -> Language:
    """The language of the request that is being answered."""
    try:  # a page asks two hundred times
        found: Language = g.language
    except (AttributeError, RuntimeError):  # before its turn, or outside of any request
        return language(SOURCE)
    return found


def gettext(text: str, **values: object) -> str:
    """A message in the language of the request; `%(name)s` in it is one of the values."""
    said = here().messages.gettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, number: int) -> str:
    """A message in the language of the request, in the form for a number."""
    return here().messages.ngettext(one, many, number)


def instant(text: str | datetime) -> datetime:
    """An instant as the API writes it, or one already read."""
    at = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
