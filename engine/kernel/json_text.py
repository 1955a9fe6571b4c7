"""JSON whose numbers keep their digits: Decimal in memory, a plain number in the text."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from engine.kernel.errors import Invalid

MAX_DIGITS = 100
MAX_EXPONENT = 999  # as in expressions; other readers of JSON stop at 308 and say Infinity
# JSON can escape half of a character that UTF-16 writes in two; no database keeps it as text.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_DIGITS:
        raise Invalid(f"A number has {len(text)} characters; at most {MAX_DIGITS} are accepted.")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = None
    if number is None or abs(number.adjusted()) > MAX_EXPONENT:
        raise Invalid(f"The number {text} is too large or too small to be kept.")
    return number


def _integer(text: str) -> int:
    return int(_decimal(text))


def _not_a_number(text: str) -> Any:
    raise Invalid(f"{text} is not JSON; a number must be finite.")


def _plain(value: object) -> orjson.Fragment:
    if type(value) is Decimal:
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")


_requests = json.JSONDecoder(parse_float=_decimal, parse_int=_integer, parse_constant=_not_a_number)
_values = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)


def read_request(body: bytes) -> Any:
    """A request body: whole numbers as int, all others as Decimal.

    Raises:
        Invalid: if the body is not JSON in UTF-8, nests too deeply or holds an endless number.
    """
    try:
        found = _requests.decode(body.decode())
        if _SURROGATE.search(body):
            json.dumps(found, ensure_ascii=False, default=str).encode()
        return found
    except UnicodeEncodeError:
        raise Invalid("A text holds half of a surrogate pair, which is no character.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Invalid(f"The body is not JSON: {error}.") from None
    except RecursionError:
        raise Invalid("The body nests too deeply.") from None


def read(text: bytes | str) -> Any:
    """What `write` wrote, every number as Decimal."""
    return _values.decode(text if isinstance(text, str) else bytes(text).decode())


def write(value: object) -> bytes:
    """Compact JSON in UTF-8; a Decimal becomes a number with the same digits.

    Raises:
        TypeError: for a value that JSON cannot carry.
    """
    return orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
