"""What a definition may say: it is read into fields, or every fault is named at once."""

import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from forms import units
from forms.errors import DefinitionProblem, FormDefinitionInvalid, Refused, pointer
from forms.fields import (
    MAX_TEXT,
    UNPRINTABLE,
    Choice,
    FieldType,
    FormField,
    Limit,
    code_point,
    read_time,
    shown_time,
)
from forms.messages import Flaw, shown, shown_number
from forms.numbers import read_number

MAX_FIELDS = 500
MAX_CHOICES = 500
MAX_TITLE = 200
MAX_LABEL = 500
MAX_CHOICE = 200

FORM_ATTRIBUTES = ("key", "title", "fields")
FIELD_ATTRIBUTES = (
    "key", "type", "label", "required", "unit", "min", "max", "choices", "variable",
)  # fmt: skip
CHOICE_ATTRIBUTES = ("value", "label")

_LIMITED = frozenset({FieldType.TEXT, FieldType.NUMBER, FieldType.DATETIME})
_TYPES_WITH: Mapping[str, frozenset[FieldType]] = {
    "unit": frozenset({FieldType.NUMBER}),
    "min": _LIMITED,
    "max": _LIMITED,
    "choices": frozenset({FieldType.CHOICE}),
}
_KEY = re.compile(r"[^\W\d_][\w.-]{0,99}")
_VARIABLE = re.compile(r"[^\W\d_]\w{0,99}")
# Python's words are refused in conditions, and these are what other tools write for its own.
_RESERVED = frozenset({*keyword.kwlist, "true", "false", "null"})

UNKNOWN_NAMED = 20

Place = tuple[str | int, ...]
Given = dict[str, object]


def read_definition(definition: object) -> tuple[str, str, tuple[FormField, ...]]:
    """The key, the title and the fields of a form.

    Raises:
        FormDefinitionInvalid: with every problem found.
    """
    reading = _Reading()
    read = reading.form(definition)
    if read is None or reading.problems:
        raise FormDefinitionInvalid(reading.problems)
    return read


class _Reading:
    """One definition being read; what is refused is noted, and None or nothing stands for it."""

    def __init__(self) -> None:
        self.problems: list[DefinitionProblem] = []
        self.keys: set[str] = set()
        self.variables: set[str] = set()

    def form(self, definition: object) -> tuple[str, str, tuple[FormField, ...]] | None:
        """The whole definition."""
        given = self._object((), definition, FORM_ATTRIBUTES)
        if given is None:
            return None
        key = self._key((), given)
        title = self._text(("title",), given.get("title"), MAX_TITLE)
        asked = self._list((), given, "fields", Flaw.TOO_MANY_FIELDS, MAX_FIELDS)
        fields = [self._field(("fields", place), each) for place, each in enumerate(asked)]
        return key, title or key, tuple(each for each in fields if each is not None)

    def _refuse(self, place: Place, flaw: Flaw, **values: object) -> None:
        self.problems.append(DefinitionProblem(pointer(*place), flaw.say(**values)))

    def _object(self, place: Place, value: object, attributes: Collection[str]) -> Given | None:
        """The attributes given; one that is null counts as left out."""
        if not isinstance(value, Mapping):
            self._refuse(place, Flaw.NOT_OBJECT, got=shown(value))
            return None
        unknown = sorted(str(name) for name in value if name not in attributes)
        for name in unknown[:UNKNOWN_NAMED]:
            known = ", ".join(attributes)
            self._refuse((*place, name), Flaw.UNKNOWN_ATTRIBUTE, name=shown(name), known=known)
        return {name: value[name] for name in attributes if value.get(name) is not None}

    def _list(
        self, place: Place, given: Given, name: str, too_many: Flaw, limit: int
    ) -> list[object]:
        value = given.get(name)
        if value is None:
            self._refuse((*place, name), Flaw.MISSING, name=shown(name))
        elif not isinstance(value, list | tuple):
            self._refuse((*place, name), Flaw.NOT_LIST, got=shown(value))
        elif len(value) > limit:
            self._refuse((*place, name), too_many, got=len(value), limit=limit)
        else:
            return list(value)
        return []

    def _key(self, place: Place, given: Given) -> str:
        key = given.get("key")
        if key is None:
            self._refuse((*place, "key"), Flaw.MISSING, name=shown("key"))
        elif not isinstance(key, str) or not _KEY.fullmatch(key) or not _is_usual(key):
            self._refuse((*place, "key"), Flaw.NOT_KEY, got=shown(key))
        else:
            return key
        return ""

    def _text(self, place: Place, value: object, limit: int) -> str:
        """A text for people."""
        if value is None:
            return ""
        if not isinstance(value, str):
            self._refuse(place, Flaw.NOT_TEXT, got=shown(value))
        elif not value.strip():
            self._refuse(place, Flaw.BLANK)
        elif len(value) > limit:
            self._refuse(place, Flaw.TEXT_LONG, got=len(value), limit=limit)
        elif found := UNPRINTABLE.search(value):
            self._refuse(place, Flaw.TEXT_CONTROL, got=code_point(found[0]))
        else:
            return value
        return ""

    def _field(self, place: Place, value: object) -> FormField | None:
        given = self._object(place, value, FIELD_ATTRIBUTES)
        if given is None:
            return None
        key = self._key(place, given)
        if key and key in self.keys:
            self._refuse((*place, "key"), Flaw.DUPLICATE_KEY, got=shown(key))
        self.keys.add(key)
        label = self._text((*place, "label"), given.get("label"), MAX_LABEL)
        required = self._flag((*place, "required"), given.get("required", False))
        variable = self._variable((*place, "variable"), given.get("variable"))
        kind = self._type(place, given)
        if kind is None:
            return None
        self._drop_misplaced(place, given, kind)
        unit = self._unit((*place, "unit"), given.get("unit"))
        least = self._limit((*place, "min"), given.get("min"), kind, unit)
        most = self._limit((*place, "max"), given.get("max"), kind, unit)
        self._check_order(place, least, most, unit)
        choices = self._choices(place, given) if kind is FieldType.CHOICE else ()
        return FormField(key, kind, label or key, required, unit, least, most, choices, variable)

    def _flag(self, place: Place, value: object) -> bool:
        if isinstance(value, bool):
            return value
        self._refuse(place, Flaw.NOT_BOOLEAN, got=shown(value))
        return False

    def _variable(self, place: Place, name: object) -> str | None:
        if name is None:
            return None
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name) or not _is_usual(name):
            self._refuse(place, Flaw.NOT_VARIABLE, got=shown(name))
            return None
        if name in _RESERVED:
            self._refuse(place, Flaw.RESERVED_VARIABLE, got=shown(name))
        if name in self.variables:
            self._refuse(place, Flaw.DUPLICATE_VARIABLE, got=shown(name))
        self.variables.add(name)
        return name

    def _type(self, place: Place, given: Given) -> FieldType | None:
        name = given.get("type")
        if name is None:
            self._refuse((*place, "type"), Flaw.MISSING, name=shown("type"))
            return None
        for kind in FieldType:
            if kind.value == name:
                return kind
        self._refuse((*place, "type"), Flaw.UNKNOWN_TYPE, got=shown(name), known=_names(FieldType))
        return None

    def _drop_misplaced(self, place: Place, given: Given, kind: FieldType) -> None:
        """Refuse and forget what the type has not."""
        for name, kinds in _TYPES_WITH.items():
            if name in given and kind not in kinds:
                del given[name]
                types = _names(each for each in FieldType if each in kinds)
                self._refuse((*place, name), Flaw.NOT_FOR_TYPE, type=kind, name=name, types=types)

    def _unit(self, place: Place, unit: object) -> str | None:
        if unit is None:
            return None
        if isinstance(unit, str) and units.known(unit):
            return unit.strip()
        self._refuse(place, Flaw.UNKNOWN_UNIT, got=shown(unit))
        return None

    def _limit(
        self, place: Place, value: object, kind: FieldType, unit: str | None
    ) -> Limit | None:
        if value is None:
            return None
        if kind is FieldType.TEXT:
            return self._length(place, value)
        time = kind is FieldType.DATETIME
        try:
            return read_time(value) if time else read_number(value, unit)
        except Refused as refused:
            flaw = Flaw.NOT_LIMIT_TIME if time else Flaw.NOT_LIMIT_NUMBER
            self._refuse(place, flaw, why=refused.detail)
            return None

    def _length(self, place: Place, value: object) -> int | None:
        try:
            length = read_number(value)
        except Refused:
            length = Decimal(-1)
        if length == length.to_integral_value() and 0 <= length <= MAX_TEXT:
            return int(length)
        self._refuse(place, Flaw.NOT_LIMIT_LENGTH, got=shown(value), limit=MAX_TEXT)
        return None

    def _check_order(
        self, place: Place, least: Limit | None, most: Limit | None, unit: str | None
    ) -> None:
        """Refuse limits that no answer can meet."""
        if _above(least, most):
            low, high = _shown_limit(least, unit), _shown_limit(most, unit)
            self._refuse((*place, "min"), Flaw.MIN_ABOVE_MAX, min=low, max=high)

    def _choices(self, place: Place, given: Given) -> tuple[Choice, ...]:
        if not given.get("choices"):
            self._refuse((*place, "choices"), Flaw.NO_CHOICES)
            return ()
        place_of = (*place, "choices")
        offered = self._list(place, given, "choices", Flaw.TOO_MANY_CHOICES, MAX_CHOICES)
        read = [self._choice((*place_of, n), each) for n, each in enumerate(offered)]
        seen: set[str | Decimal] = set()
        for number, choice in enumerate(read):
            if choice is not None and choice.value in seen:
                where = (*place_of, number, "value")
                self._refuse(where, Flaw.DUPLICATE_CHOICE, got=shown(choice.value))
            elif choice is not None:
                seen.add(choice.value)
        if len({type(value) for value in seen}) > 1:
            self._refuse(place_of, Flaw.MIXED_CHOICES)
        return tuple(choice for choice in read if choice is not None)

    def _choice(self, place: Place, value: object) -> Choice | None:
        given = self._object(place, value, CHOICE_ATTRIBUTES)
        if given is None:
            return None
        label = self._text((*place, "label"), given.get("label"), MAX_CHOICE)
        if "value" not in given:
            self._refuse((*place, "value"), Flaw.MISSING, name=shown("value"))
            return None
        stands_for = self._choice_value((*place, "value"), given["value"])
        return None if stands_for is None else Choice(stands_for, label or str(stands_for))

    def _choice_value(self, place: Place, value: object) -> str | Decimal | None:
        if isinstance(value, str):
            return self._text(place, value, MAX_CHOICE) or None
        if not isinstance(value, Mapping):
            try:
                return read_number(value)
            except Refused:
                pass
        self._refuse(place, Flaw.NOT_CHOICE_VALUE, got=shown(value))
        return None


def _is_usual(name: str) -> bool:
    """Whether the name is written in the one way that looks like it; conditions demand that too."""
    return unicodedata.normalize("NFKC", name) == name


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
