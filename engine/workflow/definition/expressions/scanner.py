"""The words of an expression: what may be written at all, decided before any parser sees it.

Whatever is refused is refused by name with what to write instead, because many tools write
conditions in JUEL, FEEL or JavaScript and people bring those habits along.
"""

import keyword
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

MAX_LENGTH = 2_000
MAX_TOKENS = 600
MAX_BRACKETS = 30
MAX_DIGITS = 40
MAX_EXPONENT = 999

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<text>"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*')
    | (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[^\W\d]\w*)
    | (?P<sign>===|!==|<=|>=|==|!=|&&|\|\||<>|=>|=<|\*\*|//|:=|->|<<|>>|\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"}

_SIGNS = frozenset(
    ["(", ")", "[", "]", ",", "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="]
)
_WORDS = frozenset({"and", "or", "not", "in", "if", "else", "True", "False", "None"})
_OPENERS = frozenset({"", "(", "[", ","})
_QUOTES = frozenset("\"'")
_CONSTANTS = frozenset({"True", "False", "None"})
_CURES = {
    "&&": 'Write "and".',
    "&": 'Write "and".',
    "||": 'Write "or".',
    "|": 'Write "or".',
    "!": 'Write "not".',
    "=": 'Write "==" to compare.',
    "===": 'Write "==".',
    "!==": 'Write "!=".',
    "<>": 'Write "!=".',
    "≠": 'Write "!=".',
    "=>": 'Write ">=".',
    "≥": 'Write ">=".',
    "=<": 'Write "<=".',
    "≤": 'Write "<=".',
    "**": "Write x * x; there are no powers.",
    "//": 'Write "/".',
    "×": 'Write "*".',
    "÷": 'Write "/".',
    "\N{MINUS SIGN}": 'Write "-".',
    "\N{EN DASH}": 'Write "-".',
    ":=": "An expression changes nothing; write == to compare.",
    ".": 'Read a field as data["key"]; there are no attributes or methods.',
    "..": "Write low <= x and x <= high; ranges belong into decision tables.",
    "?": "Write a if condition else b.",
    ":": "Write a if condition else b; objects and slices cannot be written.",
    "{": "Put ${…} around the whole expression or leave it out; objects cannot be written.",
    "}": "Put ${…} around the whole expression or leave it out; objects cannot be written.",
    "$": "Put ${…} around the whole expression or leave it out.",
    '"': "Close the quote in the same line.",
    "'": "Close the quote in the same line.",
    "\\": "Leave it out.",
    "#": "Leave it out; there are no comments.",
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", 'Write straight quotes: "text".'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u00b4`", "Write straight quotes: 'text'."),
}
_HABITS = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "div": "/",
    "mod": "%",
    "is": "==",
    "and": "and",
    "or": "or",
    "not": "not",
    "in": "in",
    "between": "low <= x and x <= high",
    "then": "a if condition else b",
    "if": "a if condition else b",
    "contains": "in",
    "matches": "==",
    "instance": "==",
}


class ExpressionRefused(ValueError):
    """A text that is no expression of ours.

    Attributes:
        text: what was given.
        reason: sentences naming the construct and what to write instead.
    """

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(reason)
        self.text = text
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `kind` is space, text, number, name or sign."""

    kind: str
    text: str

    @property
    def is_operand(self) -> bool:
        """Whether it stands for a value by itself."""
        if self.kind == "name":
            return self.text not in _WORDS or self.text in _CONSTANTS
        return self.kind in ("text", "number")


def tokens(text: str) -> Iterator[Token]:
    """The words of a text, spaces included, joined again they give the text.

    Raises:
        ExpressionRefused: for more than 2,000 characters, and for numbers, texts and names
            nobody should write.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionRefused(
            text, f"It has {len(text)} characters; at most {MAX_LENGTH} are accepted."
        )
    before = Token("space", "")
    for match in _TOKEN.finditer(text):
        token = Token(str(match.lastgroup), match.group())
        _check(text, before, token)
        yield token
        before = token


def _check(text: str, before: Token, token: Token) -> None:
    if token.kind == "name":
        if before.kind == "number":
            raise ExpressionRefused(
                text, f'"{before.text}{token.text}" is no number. Write decimal digits only.'
            )
        _check_name(text, token.text)
    elif token.kind == "text":
        if before.kind == "name" and before.text not in _WORDS:
            raise ExpressionRefused(
                text, f'"{before.text}" stands before a quote. Write the text in plain quotes.'
            )
        _check_text(text, token.text)
    elif token.kind == "number":
        read_number(token.text, text)


def _check_name(text: str, name: str) -> None:
    if name.startswith("_"):
        raise ExpressionRefused(
            text, f'"{name}" starts with an underscore. Such names are reserved; use another.'
        )
    plain = unicodedata.normalize("NFKC", name)
    if plain != name or not name.isidentifier():
        raise ExpressionRefused(text, f'The name "{name}" is unusual. Write "{plain}".')


def _check_text(text: str, quoted: str) -> None:
    for escape in _ESCAPE.findall(quoted):
        if escape not in _ESCAPES:
            raise ExpressionRefused(
                text, f'"\\{escape}" is not known inside quotes. Write "\\\\" for a backslash.'
            )


def read_text(token: str) -> str:
    """What a quoted text says."""
    return _ESCAPE.sub(lambda m: _ESCAPES[m.group(1)], token[1:-1])


def read_number(token: str, text: str = "") -> Decimal:
    """The Decimal a number's own digits say, at most 40 of them.

    Raises:
        ExpressionRefused: for more digits, leading zeros, or a number of 10**1000 and beyond.
    """
    digits, _, exponent = token.lower().partition("e")
    whole = digits.partition(".")[0]
    if len(whole) > 1 and whole.startswith("0"):
        raise ExpressionRefused(
            text, f'"{token[:50]}" starts with zeros. Write {whole.lstrip("0") or "0"}.'
        )
    if len(digits.replace(".", "")) > MAX_DIGITS:
        raise ExpressionRefused(
            text, f'The number "{token[:50]}…" has more than {MAX_DIGITS} digits. Write fewer.'
        )
    if len(exponent) > 4 or abs(Decimal(token).adjusted()) > MAX_EXPONENT:
        raise ExpressionRefused(
            text, f'The number "{token[:50]}" is beyond 10**{MAX_EXPONENT}. Write another.'
        )
    return Decimal(token)


def prepare(text: str) -> str:
    """The expression in one line, free of `${…}` and `=`, of words that are allowed only.

    Raises:
        ExpressionRefused: naming the first word that is not allowed, and what to write.
    """
    inner = _unwrapped(text)
    words: list[str] = []
    before = Token("space", "")
    depth = 0
    for token in tokens(inner):
        if token.kind == "space":
            words.append(" ")
            continue
        _allow(text, before, token)
        depth += (token.text in "([") - (token.text in ")]")
        words.append(token.text)
        before = token
        if depth > MAX_BRACKETS or len(words) > MAX_TOKENS:
            raise ExpressionRefused(text, "It is too long or nests too deeply. Write it shorter.")
    return "".join(words).strip()


def _unwrapped(text: str) -> str:
    """Without what other tools write around an expression: `${…}` (JUEL), a leading `=` (Zeebe)."""
    inner = text.strip()
    if inner.startswith("${") and inner.endswith("}"):
        inner = inner[2:-1]
    elif inner.startswith("=") and not inner.startswith("=="):
        inner = inner[1:]
    if not inner.strip():
        raise ExpressionRefused(text, 'It is empty. Write a condition, such as result == "pass".')
    if "\0" in inner or any("\ud800" <= character <= "\udfff" for character in inner):
        raise ExpressionRefused(text, "It holds characters that are no text. Leave them out.")
    return inner


def _allow(text: str, before: Token, token: Token) -> None:
    """Refuse a sign or word that is not of the language, with its cure."""
    word = token.text
    if token.kind == "sign" and word not in _SIGNS:
        what = f'"{word}"' if word.isprintable() else "A character nobody can see"
        what = "A quote without an end" if word in _QUOTES else what
        raise ExpressionRefused(text, f"{what} cannot be written. {_cure(word)}")
    if token.kind == "name" and keyword.iskeyword(word) and word not in _WORDS:
        cure = (
            f'Write "{_HABITS[word]}".'
            if word in _HABITS
            else f'As a text it is "{word}" in quotes.'
        )
        raise ExpressionRefused(text, f'The word "{word}" is not part of the language. {cure}')
    if token.kind == "name" and word == "if" and before.text in _OPENERS:
        raise ExpressionRefused(text, '"if" cannot come first. Write a if condition else b.')
    if token.is_operand and (before.is_operand or before.text in (")", "]")):
        _refuse_neighbours(text, before.text, word)


def _cure(sign: str) -> str:
    if unicodedata.combining(sign[0]):
        return "Write the accent and its letter as one character."
    return _CURES.get(sign, "Leave it out.")


def _refuse_neighbours(text: str, left: str, right: str) -> None:
    for word in (right, left):
        habit = _HABITS.get(word.lower())
        if habit is not None:
            raise ExpressionRefused(text, f'"{word}" cannot be written. Write "{habit}".')
    raise ExpressionRefused(
        text,
        f"Between {left[:40]} and {right[:40]} an operator or a comma is missing. "
        "A text stands in quotes.",
    )
