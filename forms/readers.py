"""The readers of answers: for each type of field what turns an answer into a clean value."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from marshmallow import ValidationError, fields

from forms.errors import Refused, RefusedParts
from forms.fields import (
    MAX_SAMPLES,
    MAX_SCAN,
    MAX_TEXT,
    UNPRINTABLE,
    Checked,
    Choice,
    FieldType,
    FormField,
    code_point,
)
from forms.messages import Message, shown, shown_number
from forms.numbers import read_number

CHOICES_SHOWN = 20

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
FILE_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)

Reader = Callable[[object], object]


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
        except RefusedParts as refused:
            raise ValidationError(dict(refused.parts)) from None
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
    numbers = field.offers_numbers
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


def _scan_reader(field: FormField) -> Reader:
    pattern, required = field.pattern, field.required

    def read(value: object) -> str | None:
        if not isinstance(value, str):
            raise Refused(Message.SCAN.say(got=shown(value)))
        code = value.strip()  # what a scanner sends behind the code to end it
        if not code:
            _check_optional(required)
            return None
        if len(code) > MAX_SCAN:
            raise Refused(Message.TEXT_LONG.say(limit=MAX_SCAN, got=len(code)))
        if found := UNPRINTABLE.search(code) or re.search(r"[\n\t]", code):
            raise Refused(Message.TEXT_CONTROL.say(got=code_point(found[0])))
        if pattern is not None and not pattern.fits(code):
            raise Refused(Message.SCAN_OTHER.say(example=pattern.example, got=shown(code)))
        return code

    return read


def _file_reader(field: FormField) -> Reader:
    message = Message.PHOTO if field.type is FieldType.PHOTO else Message.FILE

    def read(value: object) -> str:
        if isinstance(value, str) and FILE_ID.fullmatch(value.lower()):
            return value.lower()
        raise Refused(message.say(got=shown(value)))

    return read


def _multichoice_reader(field: FormField) -> Reader:
    read_one, required = _choice_reader(field), field.required
    least = field.min if isinstance(field.min, int) else 0
    most = field.max if isinstance(field.max, int) else len(field.choices)
    place = {choice.value: number for number, choice in enumerate(field.choices)}

    def read(value: object) -> list[object] | None:
        if not isinstance(value, list | tuple):
            raise Refused(Message.MULTICHOICE.say(got=shown(value)))
        chosen = _each(value[: len(place) + 1], read_one)
        if len(set(chosen)) < len(value):
            raise Refused(Message.CHOSEN_TWICE.say())
        if not chosen:
            _check_optional(required)
            return None
        if not least <= len(chosen) <= most:
            message = Message.CHOOSE_MORE if len(chosen) < least else Message.CHOOSE_FEWER
            raise Refused(message.say(limit=least if len(chosen) < least else most))
        return sorted(chosen, key=place.__getitem__)  # type: ignore[arg-type]

    return read


def _checklist_reader(field: FormField) -> Reader:
    items = {str(item.value): item.label for item in field.items}
    offered, required = ", ".join(Checked), field.required

    def read(value: object) -> dict[str, str] | None:
        if not isinstance(value, Mapping):
            raise Refused(Message.CHECKLIST.say(got=shown(value)))
        parts = {
            item: [Message.CHECKLIST_ITEM.say(choices=offered, got=shown(said))]
            for item, said in value.items()
            if item in items and said not in (*Checked, None)
        }
        for item in sorted(str(each) for each in value.keys() - items.keys()):
            parts[item] = [Message.UNKNOWN_ITEM.say(item=shown(item), known=", ".join(items))]
        given = {item: str(value[item]) for item in items if value.get(item) is not None}
        if required or given:
            missing = [item for item in items if value.get(item) is None]
            parts |= {item: [Message.ITEM_OPEN.say(label=items[item])] for item in missing}
        if parts:
            raise RefusedParts(parts)
        if not given:
            _check_optional(required)
        return given or None

    return read


def _samples_reader(field: FormField) -> Reader:
    read_one, count, required = _number_reader(field), field.count, field.required

    def read(value: object) -> list[object] | None:
        if not isinstance(value, list | tuple):
            raise Refused(Message.SAMPLES.say(got=shown(value)))
        if not value:
            _check_optional(required)
            return None
        if len(value) > MAX_SAMPLES:
            raise Refused(Message.SAMPLES_MANY.say(limit=MAX_SAMPLES, got=len(value)))
        read = _each(value, read_one)
        if count is not None and len(read) != count:
            raise Refused(Message.SAMPLES_COUNT.say(count=count, got=len(read)))
        return read

    return read


def _each(values: list[object] | tuple[object, ...], read_one: Reader) -> list[object]:
    """All of several values, or every fault of theirs by its place."""
    read: list[object] = []
    parts: dict[str | int, list[str]] = {}
    for place, value in enumerate(values):
        try:
            read.append(read_one(value))
        except Refused as refused:
            parts[place] = [refused.detail]
    if parts:
        raise RefusedParts(parts)
    return read


def _check_optional(required: bool) -> None:
    """Nothing was answered, which is fine for an optional question only."""
    if required:
        raise Refused(Message.REQUIRED.say())


_READERS: Mapping[FieldType, Callable[[FormField], Reader]] = {
    FieldType.TEXT: _text_reader,
    FieldType.NUMBER: _number_reader,
    FieldType.CHOICE: _choice_reader,
    FieldType.CHECK: _check_reader,
    FieldType.DATETIME: _time_reader,
    FieldType.MULTICHOICE: _multichoice_reader,
    FieldType.CHECKLIST: _checklist_reader,
    FieldType.SAMPLES: _samples_reader,
    FieldType.SCAN: _scan_reader,
    FieldType.PHOTO: _file_reader,
    FieldType.FILE: _file_reader,
}
