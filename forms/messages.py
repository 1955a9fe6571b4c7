"""Every sentence this package says, in one place and whole, so that it can be translated."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

LONGEST_SHOWN = 60
PLAIN_UP_TO = 20
_BRACES = str.maketrans("", "", "{}")


class Message(StrEnum):
    """What is said to the person who answers."""

    NOT_OBJECT = "Expected an object with one answer per field, got {got}."
    UNKNOWN_FIELD = "This form has no field {key}. Leave it out, or use one of: {known}."
    NO_FIELDS = "This form has no field {key}. Leave it out; the form asks for nothing."
    REQUIRED = "This field needs an answer."
    TEXT = "Expected text, got {got}."
    TEXT_SHORT = "Expected a text with a length of at least {limit}, got {got}."
    TEXT_LONG = "Expected a text with a length of at most {limit}, got {got}."
    TEXT_CONTROL = (
        "The text holds the character {got}, which cannot be shown. "
        "Remove it; line breaks and tabs are fine."
    )
    CHECK = "Expected true or false, got {got}."
    CHOICE = "Expected one of: {choices}; got {got}."
    NUMBER = "Expected a number such as 25.31, got {got}."
    COMMA = "Use a point as the decimal sign and nothing between thousands, as in 25.31; got {got}."
    NOT_FINITE = "Expected a finite number, got {got}."
    DIGITS = (
        "Expected a number with at most {digits} digits and an exponent from -{exponent} to "
        "{exponent}, got {got}."
    )
    AMOUNT = 'Expected an amount with nothing but "value" and "unit", got {got}.'
    UNIT_TEXT = "Expected the unit as text, such as mm, got {got}."
    UNIT_NONE = "This field has no unit. Give the number alone, without {got}."
    UNIT_UNKNOWN = "The unit {got} is not known. Give the amount in {unit}."
    UNIT_OTHER = "Expected an amount in {unit}; {got} cannot be converted to {unit}."
    AT_LEAST = "Expected at least {limit}, got {got}."
    AT_MOST = "Expected at most {limit}, got {got}."
    TIME = "Expected a date and time such as 2026-11-23T10:00:00Z, got {got}."
    TIME_LOCAL = "{got} does not say which time zone. Add Z for UTC, or an offset such as +01:00."
    NOT_BEFORE = "Expected a time not before {limit}, got {got}."
    NOT_AFTER = "Expected a time not after {limit}, got {got}."
    MULTICHOICE = "Expected a list of choices, got {got}."
    CHOSEN_TWICE = "Choose each at most once."
    CHOOSE_MORE = "Choose at least {limit}."
    CHOOSE_FEWER = "Choose at most {limit}."
    CHECKLIST = "Expected an object with ok, not_ok or na for each item, got {got}."
    CHECKLIST_ITEM = "Expected one of: {choices}; got {got}."
    UNKNOWN_ITEM = "This checklist has no item {item}. Leave it out, or use one of: {known}."
    ITEM_OPEN = "{label}: say ok, not ok, or not applicable."
    SAMPLES = "Expected a list of numbers, got {got}."
    SAMPLES_COUNT = "Expected {count} values, got {got}."
    SAMPLES_MANY = "Expected at most {limit} values, got {got}."
    SCAN = "Expected a code as text, got {got}."
    SCAN_OTHER = "Expected a code such as {example}, got {got}. Scan the right label."
    PHOTO = "Expected the id of an uploaded photo, got {got}. Upload it first."
    FILE = "Expected the id of an uploaded file, got {got}. Upload it first."

    def say(self, **values: object) -> str:
        """The sentence with its values filled in."""
        return self.format(**values)


class Flaw(StrEnum):
    """What is said to the author of a definition: what is wrong, then the cure."""

    NOT_OBJECT = "Expected an object, got {got}. Write a JSON object here."
    NOT_LIST = "Expected a list, got {got}. Write a JSON list here."
    MISSING = "The attribute {name} is missing. Add it."
    UNKNOWN_ATTRIBUTE = (
        "The attribute {name} is not known. Remove it; the attributes known here are {known}."
    )
    TOO_MANY_FIELDS = "The form has {got} fields. Ask at most {limit}, or make two forms of it."
    TOO_MANY_CHOICES = "The field offers {got} choices. Offer at most {limit}, or ask for text."
    TOO_MANY_ITEMS = "The checklist has {got} items. Ask at most {limit}, or make two of it."
    TOO_MANY_STEPS = "There are {got} instructions. Write at most {limit}."
    NOT_KEY = (
        "{got} cannot be a key. Start with a letter and go on with letters, digits, _ . or -; "
        "at most 100 characters."
    )
    NOT_VARIABLE = (
        "{got} cannot be a variable. Start with a letter and go on with letters, digits or _; "
        "at most 100 characters. Conditions cannot read other names."
    )
    RESERVED_VARIABLE = (
        "{got} cannot be a variable, because the word means something in conditions. "
        "Choose another name."
    )
    DUPLICATE_KEY = "The key {got} is used twice. Give each field a key of its own."
    DUPLICATE_VARIABLE = (
        "The variable {got} is written by two fields. Let one of them write another variable."
    )
    DUPLICATE_CHOICE = "The choice {got} is there twice. Remove one of them."
    UNKNOWN_TYPE = "The type {got} is not known. Use one of {known}."
    NOT_TEXT = "Expected text, got {got}. Write it in quotes."
    BLANK = "The text is blank. Write something a person can read, or leave it out."
    TEXT_LONG = "The text has {got} characters. Shorten it to at most {limit}."
    TEXT_CONTROL = "The text holds the character {got}, which cannot be shown. Remove it."
    NOT_BOOLEAN = "Expected true or false, got {got}. Write true or false, without quotes."
    NOT_FOR_TYPE = (
        "A field of type {type} has no {name}. Remove it, or use a type that has one: {types}."
    )
    UNKNOWN_UNIT = (
        "The unit {got} is not known. Use a UCUM code, such as mm, kg, Cel, N.m, bar or /min."
    )
    NOT_LIMIT_NUMBER = "{why} Write the limit as a number in the unit of the field."
    NOT_LIMIT_LENGTH = (
        "{got} cannot limit the length of a text. Write a whole number from 0 to {limit}."
    )
    NOT_LIMIT_CHOSEN = (
        "{got} cannot limit how many are chosen. Write a whole number from 0 to {limit}."
    )
    NOT_COUNT = "{got} is no number of samples. Write a whole number from 1 to {limit}."
    NO_LIMITS = "The limits say nothing. Write lower, target or upper, or leave them out."
    LIMITS_ORDER = (
        "{name} {low} is above {other} {high}. Correct them: lower, target and upper rise."
    )
    NOT_PATTERN = (
        "{got} is no pattern: {why}. Write characters, classes such as [A-Z] or \\d, and counts "
        "such as {{6}}, + or ?; separate alternatives by |. Groups are not known."
    )
    NOT_IMAGE = "{got} is no file. Write the id that the upload of the image answered."
    NOT_LIMIT_TIME = "{why} Write the limit as such a time."
    MIN_ABOVE_MAX = "min {min} is above max {max}. Exchange or correct them."
    NO_CHOICES = "A field of type {type} needs {name}. List at least one."
    NOT_CHOICE_VALUE = "{got} cannot be the value of a choice. Write a text or a number."
    NOT_ITEM = (
        "{got} cannot be the value of an item. Start with a letter and go on with letters, digits "
        "or _; at most 100 characters."
    )
    MIXED_CHOICES = (
        "Some choices have text for a value and others a number. Use one kind for all of them, "
        "so that conditions can compare the answer."
    )

    def say(self, **values: object) -> str:
        """The sentences with their values filled in."""
        return self.format(**values)


def shown(value: object) -> str:
    """A value as it may stand in a sentence: short, on one line, in JSON's words."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…")
    if isinstance(value, Decimal):
        return shown_number(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() <= LONGEST_SHOWN else "a very long number"
    if isinstance(value, float):
        return str(value)
    return "an object" if isinstance(value, Mapping) else "a list"


def shown_number(value: Decimal, unit: str | None = None) -> str:
    """A number with all its digits and, where it has one, its unit: `25.31 mm`."""
    plain = value.is_finite() and abs(value.adjusted()) <= PLAIN_UP_TO
    text = format(value, "f") if plain else str(value)
    if len(text) > LONGEST_SHOWN:
        text = text[: LONGEST_SHOWN - 1] + "…"
    name = shown_unit(unit)
    return f"{text} {name}" if name else text


def shown_unit(unit: str | None) -> str:
    """A unit as people read it: `pcs` for `{pcs}`, nothing for `1`."""
    return "" if unit in (None, "1") else str(unit).translate(_BRACES)
