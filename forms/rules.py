"""What a definition may say: it is read into fields, or every fault is named at once."""

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from forms import units
from forms.errors import FormDefinitionInvalid, Refused
from forms.fields import (
    MAX_SAMPLES,
    MAX_TEXT,
    Choice,
    FieldType,
    FormField,
    Instruction,
    Limit,
    Limits,
)
from forms.messages import Flaw, shown, shown_number
from forms.noting import Given, Noting, Place, is_usual
from forms.numbers import read_number
from forms.pattern import Pattern, PatternRefused, read_pattern
from forms.readers import FILE_ID, read_time, shown_time

MAX_FIELDS = 500
MAX_CHOICES = 500
MAX_ITEMS = 100
MAX_STEPS = 100
MAX_TITLE = 200
MAX_LABEL = 500
MAX_CHOICE = 200
MAX_HELP = 2_000
MAX_SIGNAL = 200

FORM_ATTRIBUTES = ("key", "title", "fields", "instructions")
FIELD_ATTRIBUTES = (
    "key", "type", "label", "required", "unit", "min", "max", "choices", "variable", "help",
    "limits", "items", "count", "pattern", "signal",
)  # fmt: skip
CHOICE_ATTRIBUTES = ("value", "label")
STEP_ATTRIBUTES = ("text", "image")
LIMITS = ("lower", "target", "upper")

_MEASURED = frozenset({FieldType.NUMBER, FieldType.SAMPLES})
_CHOSEN = frozenset({FieldType.CHOICE, FieldType.MULTICHOICE})
_LIMITED = _MEASURED | {FieldType.TEXT, FieldType.DATETIME, FieldType.MULTICHOICE}
_TYPES_WITH: Mapping[str, frozenset[FieldType]] = {
    "unit": _MEASURED,
    "min": _LIMITED,
    "max": _LIMITED,
    "choices": _CHOSEN,
    "limits": _MEASURED,
    "items": frozenset({FieldType.CHECKLIST}),
    "count": frozenset({FieldType.SAMPLES}),
    "pattern": frozenset({FieldType.SCAN}),
    "signal": frozenset({FieldType.NUMBER}),
}
_LENGTHS = {
    FieldType.TEXT: (MAX_TEXT, Flaw.NOT_LIMIT_LENGTH),
    FieldType.MULTICHOICE: (MAX_CHOICES, Flaw.NOT_LIMIT_CHOSEN),
}
_VARIABLE = re.compile(r"[^\W\d_]\w{0,99}")
# Python's words are refused in conditions, and these are what other tools write for its own.
_RESERVED = frozenset({*keyword.kwlist, "true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition that was read."""

    key: str
    title: str
    fields: tuple[FormField, ...]
    instructions: tuple[Instruction, ...]


def read_definition(definition: object) -> Definition:
    """What a definition says.

    Raises:
        FormDefinitionInvalid: with every problem found.
    """
    reading = _Reading()
    read = reading.form(definition)
    if read is None or reading.problems:
        raise FormDefinitionInvalid(reading.problems)
    return read


class _Reading(Noting):
    """One definition being read; what is refused is noted, and None or nothing stands for it."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: set[str] = set()
        self.variables: set[str] = set()

    def form(self, definition: object) -> Definition | None:
        """The whole definition."""
        given = self.mapping((), definition, FORM_ATTRIBUTES)
        if given is None:
            return None
        key = self.key((), given)
        title = self.text(("title",), given.get("title"), MAX_TITLE)
        asked = self.listed((), given, "fields", Flaw.TOO_MANY_FIELDS, MAX_FIELDS)
        fields = [self._field(("fields", place), each) for place, each in enumerate(asked)]
        return Definition(
            key, title or key, tuple(each for each in fields if each), self._instructions(given)
        )

    def _instructions(self, given: Given) -> tuple[Instruction, ...]:
        if "instructions" not in given:
            return ()
        told = self.listed((), given, "instructions", Flaw.TOO_MANY_STEPS, MAX_STEPS)
        steps = [self._step(("instructions", place), each) for place, each in enumerate(told)]
        return tuple(step for step in steps if step is not None)

    def _step(self, place: Place, value: object) -> Instruction | None:
        given = self.mapping(place, value, STEP_ATTRIBUTES)
        if given is None:
            return None
        text = self.text((*place, "text"), given.get("text"), MAX_HELP)
        if "text" not in given:
            self.refuse((*place, "text"), Flaw.MISSING, name=shown("text"))
        image = given.get("image")
        if image is None:
            return Instruction(text)
        if not isinstance(image, str) or not FILE_ID.fullmatch(image.lower()):
            self.refuse((*place, "image"), Flaw.NOT_IMAGE, got=shown(image))
            return None
        return Instruction(text, image.lower())

    def _field(self, place: Place, value: object) -> FormField | None:
        given = self.mapping(place, value, FIELD_ATTRIBUTES)
        if given is None:
            return None
        key = self.key(place, given)
        if key and key in self.keys:
            self.refuse((*place, "key"), Flaw.DUPLICATE_KEY, got=shown(key))
        self.keys.add(key)
        common = {
            "label": self.text((*place, "label"), given.get("label"), MAX_LABEL) or key,
            "help": self.text((*place, "help"), given.get("help"), MAX_HELP) or None,
            "required": self.flag((*place, "required"), given.get("required", False)),
            "variable": self._variable((*place, "variable"), given.get("variable")),
        }
        kind = self._type(place, given)
        if kind is None:
            return None
        self._drop_misplaced(place, given, kind)
        return self._of_type(place, given, FormField(key, kind, **common))  # type: ignore[arg-type]

    def _of_type(self, place: Place, given: Given, field: FormField) -> FormField:
        """The field with what only fields of its type have."""
        kind, unit = field.type, self._unit((*place, "unit"), given.get("unit"))
        least = self._limit((*place, "min"), given.get("min"), kind, unit)
        most = self._limit((*place, "max"), given.get("max"), kind, unit)
        self._check_order(place, least, most, unit)
        return replace(
            field,
            unit=unit,
            min=least,
            max=most,
            choices=self._choices(place, given) if kind in _CHOSEN else (),
            limits=self._limits((*place, "limits"), given.get("limits"), unit),
            items=self._items(place, given) if kind is FieldType.CHECKLIST else (),
            count=self.whole(
                (*place, "count"), given.get("count"), (1, MAX_SAMPLES), Flaw.NOT_COUNT
            ),
            pattern=self._pattern((*place, "pattern"), given.get("pattern")),
            signal=self.text((*place, "signal"), given.get("signal"), MAX_SIGNAL) or None,
        )

    def _variable(self, place: Place, name: object) -> str | None:
        if name is None:
            return None
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name) or not is_usual(name):
            self.refuse(place, Flaw.NOT_VARIABLE, got=shown(name))
            return None
        if name in _RESERVED:
            self.refuse(place, Flaw.RESERVED_VARIABLE, got=shown(name))
        if name in self.variables:
            self.refuse(place, Flaw.DUPLICATE_VARIABLE, got=shown(name))
        self.variables.add(name)
        return name

    def _type(self, place: Place, given: Given) -> FieldType | None:
        name = given.get("type")
        if name is None:
            self.refuse((*place, "type"), Flaw.MISSING, name=shown("type"))
            return None
        for kind in FieldType:
            if kind.value == name:
                return kind
        self.refuse((*place, "type"), Flaw.UNKNOWN_TYPE, got=shown(name), known=_names(FieldType))
        return None

    def _drop_misplaced(self, place: Place, given: Given, kind: FieldType) -> None:
        """Refuse and forget what the type has not."""
        for name, kinds in _TYPES_WITH.items():
            if name in given and kind not in kinds:
                del given[name]
                types = _names(each for each in FieldType if each in kinds)
                self.refuse((*place, name), Flaw.NOT_FOR_TYPE, type=kind, name=name, types=types)

    def _unit(self, place: Place, unit: object) -> str | None:
        if unit is None:
            return None
        if isinstance(unit, str) and units.known(unit):
            return unit.strip()
        self.refuse(place, Flaw.UNKNOWN_UNIT, got=shown(unit))
        return None

    def _limit(
        self, place: Place, value: object, kind: FieldType, unit: str | None
    ) -> Limit | None:
        if value is None:
            return None
        if kind in _LENGTHS:
            most, flaw = _LENGTHS[kind]
            return self.whole(place, value, (0, most), flaw)
        time = kind is FieldType.DATETIME
        try:
            return read_time(value) if time else read_number(value, unit)
        except Refused as refused:
            flaw = Flaw.NOT_LIMIT_TIME if time else Flaw.NOT_LIMIT_NUMBER
            self.refuse(place, flaw, why=refused.detail)
            return None

    def _check_order(
        self, place: Place, least: Limit | None, most: Limit | None, unit: str | None
    ) -> None:
        """Refuse limits that no answer can meet."""
        if _above(least, most):
            low, high = _shown_limit(least, unit), _shown_limit(most, unit)
            self.refuse((*place, "min"), Flaw.MIN_ABOVE_MAX, min=low, max=high)

    def _choices(self, place: Place, given: Given) -> tuple[Choice, ...]:
        if not given.get("choices"):
            kind = given["type"]
            self.refuse((*place, "choices"), Flaw.NO_CHOICES, type=kind, name="choices")
            return ()
        place_of = (*place, "choices")
        offered = self.listed(place, given, "choices", Flaw.TOO_MANY_CHOICES, MAX_CHOICES)
        read = [self._choice((*place_of, n), each) for n, each in enumerate(offered)]
        seen: set[str | Decimal] = set()
        for number, choice in enumerate(read):
            if choice is not None and choice.value in seen:
                where = (*place_of, number, "value")
                self.refuse(where, Flaw.DUPLICATE_CHOICE, got=shown(choice.value))
            elif choice is not None:
                seen.add(choice.value)
        if len({type(value) for value in seen}) > 1:
            self.refuse(place_of, Flaw.MIXED_CHOICES)
        return tuple(choice for choice in read if choice is not None)

    def _items(self, place: Place, given: Given) -> tuple[Choice, ...]:
        if not given.get("items"):
            self.refuse((*place, "items"), Flaw.NO_CHOICES, type=given["type"], name="items")
            return ()
        place_of = (*place, "items")
        asked = self.listed(place, given, "items", Flaw.TOO_MANY_ITEMS, MAX_ITEMS)
        read = [self._choice((*place_of, n), each) for n, each in enumerate(asked)]
        seen: set[str | Decimal] = set()
        for number, item in enumerate(read):
            where = (*place_of, number, "value")
            if item is None:
                continue
            if not isinstance(item.value, str) or not _VARIABLE.fullmatch(item.value):
                self.refuse(where, Flaw.NOT_ITEM, got=shown(item.value))
            elif item.value in seen:
                self.refuse(where, Flaw.DUPLICATE_CHOICE, got=shown(item.value))
            seen.add(item.value)
        return tuple(item for item in read if item is not None)

    def _limits(self, place: Place, value: object, unit: str | None) -> Limits | None:
        given = None if value is None else self.mapping(place, value, LIMITS)
        if given is None:
            return None
        if not given:
            self.refuse(place, Flaw.NO_LIMITS)
        lower, target, upper = (self._amount((*place, n), given.get(n), unit) for n in LIMITS)
        known = [
            (n, v) for n, v in zip(LIMITS, (lower, target, upper), strict=True) if v is not None
        ]
        for (name, low), (other, high) in pairwise(known):
            if low > high:
                shows = {"low": shown_number(low, unit), "high": shown_number(high, unit)}
                self.refuse((*place, name), Flaw.LIMITS_ORDER, name=name, other=other, **shows)
        return Limits(lower, target, upper)

    def _amount(self, place: Place, value: object, unit: str | None) -> Decimal | None:
        try:
            return None if value is None else read_number(value, unit)
        except Refused as refused:
            self.refuse(place, Flaw.NOT_LIMIT_NUMBER, why=refused.detail)
            return None

    def _pattern(self, place: Place, value: object) -> Pattern | None:
        text = self.text(place, value, MAX_HELP)
        try:
            return read_pattern(text) if text else None
        except PatternRefused as refused:
            self.refuse(place, Flaw.NOT_PATTERN, got=shown(text), why=refused)
            return None

    def _choice(self, place: Place, value: object) -> Choice | None:
        given = self.mapping(place, value, CHOICE_ATTRIBUTES)
        if given is None:
            return None
        label = self.text((*place, "label"), given.get("label"), MAX_CHOICE)
        if "value" not in given:
            self.refuse((*place, "value"), Flaw.MISSING, name=shown("value"))
            return None
        stands_for = self._choice_value((*place, "value"), given["value"])
        return None if stands_for is None else Choice(stands_for, label or str(stands_for))

    def _choice_value(self, place: Place, value: object) -> str | Decimal | None:
        if isinstance(value, str):
            return self.text(place, value, MAX_CHOICE) or None
        if not isinstance(value, Mapping):
            try:
                return read_number(value)
            except Refused:
                pass
        self.refuse(place, Flaw.NOT_CHOICE_VALUE, got=shown(value))
        return None


def _names(kinds: Iterable[FieldType]) -> str:
    return ", ".join(kinds)


def _above(least: Limit | None, most: Limit | None) -> bool:
    if isinstance(least, datetime) and isinstance(most, datetime):
        return least > most
    if isinstance(least, int | Decimal) and isinstance(most, int | Decimal):
        return least > most
    return False


def _shown_limit(limit: Limit | None, unit: str | None) -> str:
    if isinstance(limit, datetime):
        return shown_time(limit)
    return shown_number(limit, unit) if isinstance(limit, Decimal) else str(limit)
