"""The token game on one small diagram, played by hand."""

from tests.support import diagrams as d
from tests.support.oracle import TokenGame


def game(*parts: str, called: dict[str, bytes] | None = None, **variables: object) -> TokenGame:
    diagrams = {"p": d.process(*parts), **(called or {})}
    return TokenGame(diagrams, "p", variables, business_key="K")


def do(played: TokenGame, *elements: str, **values: object) -> TokenGame:
    for element in elements:
        (token,) = played.workers("task", element)
        played.complete_work(token, values)
    return played


def tasks(played: TokenGame) -> list[str]:
    return sorted(played.open("task").elements())


def stuck(played: TokenGame) -> list[str]:
    return sorted(played.incidents().elements())
