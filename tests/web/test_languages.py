"""Every language is complete: what a screen can say, it can say in each of them."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from api.web.language import language, preferred
from tests.support.catalogue import LANGUAGES, found, read

PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")
BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)


def forms(message: str | tuple[str, ...] | list[str]) -> list[str]:
    return [message] if isinstance(message, str) else list(message)


def test_messages_are_found_in_code_templates_and_scripts() -> None:
    said = {forms(message.id)[0] for message in found() if message.id}
    assert "My work" in said  # in code
    assert "Sign out" in said  # in a template
    assert "No connection since {time}" in said  # for scripts


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_catalogue_says_all_that_screens_say_and_no_more(code: str) -> None:
    catalogue = read(code)
    wanted = {forms(message.id)[0] for message in found() if message.id}
    there = {forms(message.id)[0] for message in catalogue if message.id}
    assert sorted(wanted - there) == []
    assert sorted(there - wanted) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_message_is_translated_with_all_its_places(code: str) -> None:
    for message in read(code):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        source = sorted(PLACE.findall(forms(message.id)[-1]))
        for text in forms(message.string):
            assert text.strip(), message.id
            assert sorted(set(PLACE.findall(text))) == sorted(set(source)), message.id


@pytest.mark.parametrize(
    ("code", "number", "moment", "long"),
    [
        ("en", "1,234.50", "24 Nov 2026, 14:05", "3 h 10 min"),
        ("de", "1.234,50", "24. Nov. 2026, 14:05", "3 h 10 min"),
    ],
)
def test_numbers_and_times_are_written_as_readers_do(
    code: str, number: str, moment: str, long: str
) -> None:
    spoken = language(code)
    assert spoken.number(Decimal("1234.50")) == number
    assert spoken.moment(AT, BERLIN) == moment
    assert spoken.duration(3 * 3600 + 10 * 60 + 20) == long


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (90_000, "1 d 1 h"), (-5, "0 s")],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert language("en").duration(seconds) == text


def test_the_first_known_wish_wins() -> None:
    assert preferred((None, "xx", "de-CH"), ("en",)) == "de"
    assert preferred((None,), ("fr", "de")) == "de"
    assert preferred((), ()) == "en"
