"""What is wrong with a file of decisions, everything at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that refuses a file of decisions.

    Attributes:
        element: the id of the cell, rule, column or decision, or its place in words.
        rule: the check that found it: decision, decision-input, decision-output, decision-rule,
            decision-cell, hit-policy or not-supported.
        message: what is wrong, with rule and column as people count them.
        cure: what to do.
    """

    element: str
    rule: str
    message: str
    cure: str


class DecisionRefused(ValueError):
    """A file of decisions that cannot be evaluated as drawn; `problems` lists every reason."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = problems
