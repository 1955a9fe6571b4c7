"""Reading a definition piece by piece: what is refused is noted, and nothing stands for it."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from decimal import Decimal

from forms.errors import DefinitionProblem, Refused, pointer
from forms.fields import UNPRINTABLE, code_point
from forms.messages import Flaw, shown
from forms.numbers import read_number

UNKNOWN_NAMED = 20

_KEY = re.compile(r"[^\W\d_][\w.-]{0,99}")

Place = tuple[str | int, ...]
Given = dict[str, object]


class Noting:
    """What every part of a definition is read with; `problems` are all faults so far."""

    def __init__(self) -> None:
        self.problems: list[DefinitionProblem] = []

    def refuse(self, place: Place, flaw: Flaw, **values: object) -> None:
        """Note a fault."""
        self.problems.append(DefinitionProblem(pointer(*place), flaw.say(**values)))

    def mapping(self, place: Place, value: object, attributes: Collection[str]) -> Given | None:
        """The attributes given; one that is null counts as left out."""
        if not isinstance(value, Mapping):
            self.refuse(place, Flaw.NOT_OBJECT, got=shown(value))
            return None
        unknown = sorted(str(name) for name in value if name not in attributes)
        for name in unknown[:UNKNOWN_NAMED]:
            known = ", ".join(attributes)
            self.refuse((*place, name), Flaw.UNKNOWN_ATTRIBUTE, name=shown(name), known=known)
        return {name: value[name] for name in attributes if value.get(name) is not None}

    def listed(
        self, place: Place, given: Given, name: str, too_many: Flaw, limit: int
    ) -> list[object]:
        """The list that an attribute must be; an empty one where it is not."""
        value = given.get(name)
        if value is None:
            self.refuse((*place, name), Flaw.MISSING, name=shown(name))
        elif not isinstance(value, list | tuple):
            self.refuse((*place, name), Flaw.NOT_LIST, got=shown(value))
        elif len(value) > limit:
            self.refuse((*place, name), too_many, got=len(value), limit=limit)
        else:
            return list(value)
        return []

    def key(self, place: Place, given: Given) -> str:
        """The key of a form or field."""
        key = given.get("key")
        if key is None:
            self.refuse((*place, "key"), Flaw.MISSING, name=shown("key"))
        elif not isinstance(key, str) or not _KEY.fullmatch(key) or not is_usual(key):
            self.refuse((*place, "key"), Flaw.NOT_KEY, got=shown(key))
        else:
            return key
        return ""

    def text(self, place: Place, value: object, limit: int) -> str:
        """A text for people."""
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(place, Flaw.NOT_TEXT, got=shown(value))
        elif not value.strip():
            self.refuse(place, Flaw.BLANK)
        elif len(value) > limit:
            self.refuse(place, Flaw.TEXT_LONG, got=len(value), limit=limit)
        elif found := UNPRINTABLE.search(value):
            self.refuse(place, Flaw.TEXT_CONTROL, got=code_point(found[0]))
        else:
            return value
        return ""

    def flag(self, place: Place, value: object) -> bool:
        """True or false."""
        if isinstance(value, bool):
            return value
        self.refuse(place, Flaw.NOT_BOOLEAN, got=shown(value))
        return False

    def whole(self, place: Place, value: object, span: tuple[int, int], flaw: Flaw) -> int | None:
        """A whole number within `span`; None if it was left out, or is none."""
        if value is None:
            return None
        try:
            number = read_number(value)
        except Refused:
            number = Decimal(-1)
        if number == number.to_integral_value() and span[0] <= number <= span[1]:
            return int(number)
        self.refuse(place, flaw, got=shown(value), limit=span[1])
        return None


def is_usual(name: str) -> bool:
    """Whether the name is written in the one way that looks like it; conditions demand that too."""
    return unicodedata.normalize("NFKC", name) == name
