"""What a form consists of: its fields with their limits and choices, and the steps beside them."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from forms.pattern import Pattern

MAX_TEXT = 10_000
MAX_SCAN = 200
MAX_SAMPLES = 200

# What a database, a label printer or a CSV file chokes on; a lone surrogate is not even UTF-8.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

Limit = int | Decimal | datetime


class FieldType(StrEnum):
    """What a field asks for."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    CHECK = "check"
    DATETIME = "datetime"
    MULTICHOICE = "multichoice"
    CHECKLIST = "checklist"
    SAMPLES = "samples"
    SCAN = "scan"
    PHOTO = "photo"
    FILE = "file"


class Checked(StrEnum):
    """What can be said of one item of a checklist."""

    OK = "ok"
    NOT_OK = "not_ok"
    NA = "na"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers a choice offers, or one item of a checklist."""

    value: str | Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The tolerance of a number or of samples, in the unit of the field: flagged beyond it."""

    lower: Decimal | None = None
    target: Decimal | None = None
    upper: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step of what is shown beside the record; `image` is the id of a file."""

    text: str
    image: str | None = None


@dataclass(frozen=True, slots=True)
class FormField:
    """One question: `min` and `max` limit a length, a number in `unit`, an instant, or how many.

    `unit` is written as the definition writes it; `units.canonical` tells its UCUM code. `items`
    are those of a checklist; `count` is how many samples are taken, exactly. `signal` is the name
    of a machine's measurement that may answer it.
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
    help: str | None = None
    limits: Limits | None = None
    items: tuple[Choice, ...] = ()
    count: int | None = None
    pattern: Pattern | None = None
    signal: str | None = None

    @property
    def value_type(self) -> FieldType:
        """The type of the clean value: a choice among numbers is a number."""
        numbers = self.type is FieldType.CHOICE and self.offers_numbers
        return FieldType.NUMBER if numbers else self.type

    @property
    def offers_numbers(self) -> bool:
        """Whether its choices stand for numbers."""
        return bool(self.choices) and isinstance(self.choices[0].value, Decimal)

    @property
    def holds_file(self) -> bool:
        """Whether its answer is the id of a file."""
        return self.type in (FieldType.PHOTO, FieldType.FILE)


def code_point(character: str) -> str:
    """The name of a character that cannot be shown: U+0007."""
    return f"U+{ord(character):04X}"
