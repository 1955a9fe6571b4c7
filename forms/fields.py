"""The fields of a form, and for each type the reader that turns an answer into a clean value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from marshmallow import ValidationError, fields

from forms.errors import Refused
from forms.messages import Message, shown, shown_number
from forms.numbers import read_number

MAX_TEXT = 10_000
CHOICES_SHOWN = 20

# What a database, a label printer or a CSV file chokes on; a lone surrogate is not even UTF-8.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)

Reader = Callable[[object], object]
Limit = int | Decimal | datetime


class FieldType(StrEnum):
    """What a field asks for."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    CHECK = "check"
    DATETIME = "datetime"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers a choice offers."""

    value: str | Decimal
    label: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One question: `min` and `max` limit a length, a number in `unit`, or an instant.

    `unit` is written as the definition writes it; `units.canonical` tells its UCUM code.
    """

    key: str
    type: FieldType
    label: str
    required: bool = False
    unit: str | None = None
    min: Limit | None = None
    max: Limit | None = None
    choices: tuple[Choice, ...] = ()
    variable: str | None = None

    @property
    def value_type(self) -> FieldType:
        """The type of the clean value: a choice among numbers is a number."""
        numbers = bool(self.choices) and isinstance(self.choices[0].value, Decimal)
        return FieldType.NUMBER if numbers else self.type


class Answer(fields.Field[object]):
    """The marshmallow field of a form field; None stands for an optional question left open."""

    def __init__(self, field: FormField) -> None:
        open_ = Message.REQUIRED.say()
        super().__init__(
            data_key=field.key,
            required=field.required,
            allow_none=not field.required,
            error_messages={"required": open_, "null": open_},
        )
        self._read = _READERS[field.type](field)

    def _deserialize(
        self,
        value: object,
        attr: str | None,
        data: Mapping[str, object] | None,
        **kwargs: object,
    ) -> object:
        try:
            return self._read(value)
        except Refused as refused:
            raise ValidationError(refused.detail) from None


def read_time(value: object) -> datetime:
    """An instant in UTC from ISO 8601 with an offset: "2026-11-23T11:00:00+01:00".

    Raises:
        Refused: if it is no such text, or does not say its offset.
    """
    if isinstance(value, str) and (found := _TIME.fullmatch(value)):
        if found[1] is None:
            raise Refused(Message.TIME_LOCAL.say(got=shown(value)))
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Refused(Message.TIME.say(got=shown(value)))


def shown_time(instant: datetime) -> str:
    """An instant in UTC as ISO 8601: "2026-11-23T10:00:00Z"."""
    return instant.isoformat().replace("+00:00", "Z")


def _text_reader(field: FormField) -> Reader:
    least = field.min if isinstance(field.min, int) else 0
    most = field.max if isinstance(field.max, int) else MAX_TEXT
    required = field.required

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Refused(Message.TEXT.say(got=shown(value)))
        if required and not value.strip():
            raise Refused(Message.REQUIRED.say())
        if len(value) > most:
            raise Refused(Message.TEXT_LONG.say(limit=most, got=len(value)))
        if len(value) < least:
            raise Refused(Message.TEXT_SHORT.say(limit=least, got=len(value)))
        if found := UNPRINTABLE.search(value):
            raise Refused(Message.TEXT_CONTROL.say(got=code_point(found[0])))
        return value

    return read


def code_point(character: str) -> str:
    """The name of a character that cannot be shown: U+0007."""
    return f"U+{ord(character):04X}"


def _number_reader(field: FormField) -> Reader:
    least = field.min if isinstance(field.min, Decimal) else None
    most = field.max if isinstance(field.max, Decimal) else None
    unit = field.unit

    def read(value: object) -> Decimal:
        number = read_number(value, unit)
        if least is not None and number < least:
            raise _beyond(Message.AT_LEAST, shown_number(least, unit), shown_number(number, unit))
        if most is not None and number > most:
            raise _beyond(Message.AT_MOST, shown_number(most, unit), shown_number(number, unit))
        return number

    return read


def _beyond(message: Message, limit: str, got: str) -> Refused:
    return Refused(message.say(limit=limit, got=got))


def _choice_reader(field: FormField) -> Reader:
    values = {choice.value: choice.value for choice in field.choices}
    numbers = field.value_type is FieldType.NUMBER
    offered = _offered(field.choices)

    def read(value: object) -> str | Decimal:
        try:
            given = read_number(value) if numbers else value
        except Refused:
            given = None
        if isinstance(given, str | Decimal) and given in values:
            return values[given]
        raise Refused(Message.CHOICE.say(choices=offered, got=shown(value)))

    return read


def _offered(choices: tuple[Choice, ...]) -> str:
    """The labels, each with its value where that is another word."""
    names = [
        choice.label if choice.label == str(choice.value) else f"{choice.label} ({choice.value})"
        for choice in choices[:CHOICES_SHOWN]
    ]
    return ", ".join(names if len(choices) <= CHOICES_SHOWN else [*names, "…"])


def _check_reader(_: FormField) -> Reader:
    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise Refused(Message.CHECK.say(got=shown(value)))
        return value

    return read


def _time_reader(field: FormField) -> Reader:
    least = field.min if isinstance(field.min, datetime) else None
    most = field.max if isinstance(field.max, datetime) else None

    def read(value: object) -> str:
        instant = read_time(value)
        if least is not None and instant < least:
            raise _beyond(Message.NOT_BEFORE, shown_time(least), shown_time(instant))
        if most is not None and instant > most:
            raise _beyond(Message.NOT_AFTER, shown_time(most), shown_time(instant))
        return shown_time(instant)

    return read


_READERS: Mapping[FieldType, Callable[[FormField], Reader]] = {
    FieldType.TEXT: _text_reader,
    FieldType.NUMBER: _number_reader,
    FieldType.CHOICE: _choice_reader,
    FieldType.CHECK: _check_reader,
    FieldType.DATETIME: _time_reader,
}
