"""How far a source is taken in: rows are numbered, and what was acknowledged is not taken again."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.kernel.errors import FieldProblem, Invalid


@dataclass(frozen=True, slots=True)
class Taken:
    """How far a source is taken in, and which of its rows were refused: (seq, why)."""

    ack: int
    refused: tuple[tuple[int, str], ...] = ()


def check_numbers(numbers: Sequence[object]) -> None:
    """Let pass numbers that ascend from 1 or more.

    Raises:
        Invalid: naming the first row whose number does not.
    """
    last = 0
    for index, seq in enumerate(numbers):
        if type(seq) is not int or not last < seq < 2**62:
            problem = FieldProblem(
                f"/rows/{index}/seq", f"Expected a whole number above {last}, ascending."
            )
            raise Invalid("The rows cannot be told apart.", errors=[problem])
        last = seq
