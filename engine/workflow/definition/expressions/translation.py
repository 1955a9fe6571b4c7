"""Expressions of other tools in our words: JUEL (`${…}`) and FEEL (`= …`), where they can be said.

Source: Jakarta Expression Language 3.0 (the part that BPMN engines use); OMG DMN 1.3 section 10.3.
"""

import re
from dataclasses import dataclass

from engine.workflow.definition.expressions import ExpressionRefused, compile_expression

JUEL, FEEL = "JUEL", "FEEL"
MAX_DEPTH = 60
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>\d+(?:\.\d+)?|\.\d+)
    | (?P<name>[^\W\d]\w*)
    | (?P<sign>&&|\|\||==|!=|<=|>=|\.\.|\*\*|[-+*/%<>=!?:.,()\[\]{}])
    )""",
    re.VERBOSE,
)
_WORDS = {
    JUEL: {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "div": "/",
           "mod": "%", "and": "and", "or": "or", "not": "not", "&&": "and", "||": "or",
           "!": "not", "==": "==", "!=": "!="},
    FEEL: {"and": "and", "or": "or", "=": "==", "!=": "!="},
}  # fmt: skip
COMPARED = 2
_COMPARED = ("==", "!=", "<", "<=", ">", ">=")
_FUNCTIONS = {"count": "len", "min": "min", "max": "max", "abs": "abs"}
# FEEL counts the items of a list from 1, we from 0.
_COUNTED = re.compile(r"\[\s*\d")
_READS = ("getVariable", "getVariableLocal")


class Untranslatable(ValueError):
    """A text that cannot be said in our language; its text says what is in the way."""


def translated(text: str) -> str:
    """An expression in our words, without `${…}` or `=` around it.

    Raises:
        Untranslatable: with what is in the way.
    """
    plain = text.strip()
    wrapped = re.fullmatch(r"[$#]\{(.*)\}", plain, re.DOTALL)
    if wrapped and "${" not in wrapped[1] and "#{" not in wrapped[1]:
        return _first_of((JUEL,), wrapped[1].strip())
    if plain.startswith("="):
        return _first_of((FEEL,), plain[1:].strip())
    if re.search(r"[$#]\{", plain):
        raise Untranslatable("It mixes text and expressions.")
    return plain if _refusal(plain) is None else _first_of((FEEL, JUEL), plain)


def _first_of(languages: tuple[str, ...], text: str) -> str:
    """What a text means in the first language that it fits, else the text if it is ours already."""
    reason = "It is empty."
    for language in languages:
        try:
            said = _Parser(text, language).all()
        except Untranslatable as failed:
            reason = str(failed)
            continue
        if (refusal := _refusal(said)) is None:
            return said
        reason = refusal
    if _refusal(text) is None and not _COUNTED.search(text):
        return text
    raise Untranslatable(reason)


def _refusal(text: str) -> str | None:
    try:
        compile_expression(text)
    except ExpressionRefused as refused:
        return refused.reason
    return None


# How strongly a piece holds together; an operator's level is its place in `_LEVELS`.
CHOICE, NOT, SIGN, WHOLE = -1.0, 1.5, 5.0, 9.0


@dataclass(frozen=True, slots=True)
class _Said:
    """A piece in our words, and how strongly it holds together."""

    text: str
    level: float = WHOLE

    def at(self, level: float) -> str:
        """The text for a place that needs something as strong as this."""
        return self.text if self.level >= level else f"({self.text})"

    @property
    def inside(self) -> str:
        """The text where only a whole will do."""
        return self.at(SIGN)


class _Parser:
    """One reading of one text: a function for each level of precedence."""

    def __init__(self, text: str, language: str) -> None:
        self.language, self.words = language, _WORDS[language]
        self.tokens: list[tuple[str, str]] = []
        self.at = self.depth = 0
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None:
                raise Untranslatable(f"{text[place : place + 20].strip()!r} is not understood.")
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()

    def all(self) -> str:
        """The whole text."""
        said = self.choice()
        if self.at < len(self.tokens):
            raise Untranslatable(f"{self.tokens[self.at][1]!r} is not understood here.")
        return said.text

    # ---- tokens ----

    def peek(self) -> str:
        if self.at >= len(self.tokens):
            return ""
        kind, text = self.tokens[self.at]
        return "'" if kind == "text" else self.words.get(text, text)

    def take(self, *wanted: str) -> str:
        """The next word if it is one of these, else nothing."""
        found = self.peek()
        if found and found in wanted:
            self.at += 1
            return found
        return ""

    def want(self, sign: str) -> None:
        if not self.take(sign):
            raise Untranslatable(f"{sign!r} is missing.")

    # ---- levels ----

    def choice(self) -> _Said:
        """`a ? b : c`, `if a then b else c`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Untranslatable("It nests too deeply.")
        if self.language == FEEL and self.take("if"):
            asked = self.choice()
            self.want("then")
            yes = self.choice()
            self.want("else")
            said = self.chosen(asked, yes, self.choice())
        else:
            said = self.level(0)
            if self.language == JUEL and self.take("?"):
                yes = self.choice()
                self.want(":")
                said = self.chosen(said, yes, self.choice())
        self.depth -= 1
        return said

    def chosen(self, asked: _Said, yes: _Said, no: _Said) -> _Said:
        return _Said(f"{yes.at(0)} if {asked.at(0)} else {no.at(0)}", CHOICE)

    def level(self, number: int) -> _Said:
        """Operators from the weakest to the strongest; of one level from left to right."""
        if number == len(_LEVELS):
            return self.unary()
        said = self.level(number + 1)
        while True:
            if number == COMPARED and self.language == FEEL and self.peek() in ("in", "between"):
                said = self.ranged(said)
                continue
            sign = self.take(*_LEVELS[number])
            if not sign:
                return said
            other = self.level(number + 1)
            left = number + (0.5 if number == COMPARED else 0)  # ours would read a < b < c as one
            text = f"{said.at(left)} {sign} {other.at(number + 0.5)}"
            said = _Said(text, number)

    def ranged(self, said: _Said) -> _Said:
        """FEEL's `x between a and b` and `x in [a..b]`, `x in (a, b)`."""
        if self.take("between"):
            low = self.level(COMPARED + 1)
            self.want("and")
            high = self.level(COMPARED + 1)
            return _Said(f"{low.inside} <= {said.inside} and {said.inside} <= {high.inside}", 1)
        self.want("in")
        opened = self.take("[", "(")
        if not opened:
            return _Said(f"{said.inside} in {self.level(COMPARED + 1).inside}", COMPARED)
        first = self.level(COMPARED + 1)
        if self.take(".."):
            last = self.level(COMPARED + 1)
            closed = self.take("]", ")")
            below, above = "<=" if opened == "[" else "<", "<=" if closed == "]" else "<"
            return _Said(
                f"{first.inside} {below} {said.inside} and {said.inside} {above} {last.inside}",
                1,
            )
        items = [first.text, *self.more()]
        if not self.take("]", ")"):
            raise Untranslatable("']' is missing.")
        return _Said(f"{said.inside} in [{', '.join(items)}]", COMPARED)

    def more(self) -> list[str]:
        items = []
        while self.take(","):
            items.append(self.choice().text)
        return items

    def unary(self) -> _Said:
        """`-x`, `!x`, `not x`, `empty x`."""
        if self.language == JUEL and self.take("not"):
            return _Said(f"not {self.unary().inside}", NOT)
        if self.take("-"):
            return _Said(f"-{self.unary().inside}", SIGN)
        if self.language == JUEL and self.take("empty"):
            raise Untranslatable("Whether something is empty cannot be asked.")
        return self.reached(self.primary())

    def primary(self) -> _Said:
        if self.at >= len(self.tokens):
            raise Untranslatable("It ends too early.")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return _Said(text)
        if kind == "text":
            return _Said(text if text[0] == '"' else _requoted(text))
        if kind == "name":
            return self.named(text)
        if text == "(":
            said = self.choice()
            self.want(")")
            return said
        if text == "[" and self.language == FEEL:
            items = [] if self.peek() == "]" else [self.choice().text, *self.more()]
            self.want("]")
            return _Said(f"[{', '.join(items)}]")
        raise Untranslatable(f"{text!r} is not understood here.")

    def named(self, name: str) -> _Said:
        if self.take("("):
            return self.called(name)
        return _Said(name)

    def called(self, name: str) -> _Said:
        given = [] if self.peek() == ")" else [self.choice().text, *self.more()]
        self.want(")")
        if self.language == FEEL and name == "not" and len(given) == 1:
            return _Said(f"not ({given[0]})", NOT)
        if self.language == FEEL and name in _FUNCTIONS:
            return _Said(f"{_FUNCTIONS[name]}({', '.join(given)})")
        raise Untranslatable(f"{name}(…) cannot be called from a condition.")

    def reached(self, said: _Said) -> _Said:
        """`order.amount`, `list[1]`, `execution.getVariable("x")`."""
        while sign := self.take(".", "["):
            if sign == "[":
                said = self.subscript(said)
                continue
            kind, name = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
            if kind != "name":
                raise Untranslatable("A name is missing behind '.'.")
            self.at += 1
            said = self.method(said, name) if self.take("(") else _Said(f'{said.inside}["{name}"]')
        return said

    def subscript(self, said: _Said) -> _Said:
        place = self.choice().text
        self.want("]")
        if self.language == FEEL:
            if not re.fullmatch(r"-?\d+", place):
                raise Untranslatable("Lists cannot be filtered.")
            counted = int(place)
            place = str(counted - 1 if counted > 0 else counted)
        return _Said(f"{said.inside}[{place}]")

    def method(self, said: _Said, name: str) -> _Said:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if said.text == "execution" and name in _READS and kind == "text":
            self.at += 1
            self.want(")")
            return _Said(text[1:-1])
        raise Untranslatable(f"The method {name}(…) cannot be called from a condition.")


def _requoted(text: str) -> str:
    inner = text[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{inner}"'


_LEVELS: tuple[tuple[str, ...], ...] = (
    ("or",),
    ("and",),
    _COMPARED,
    ("+", "-"),
    ("*", "/", "%"),
)
