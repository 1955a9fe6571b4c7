"""An instance of a function block, as a controller keeps it: values, scans, and the power."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

LARGEST = {"BOOL": 1, "UINT": 2**16 - 1, "UDINT": 2**32 - 1}
Values = dict[str, int]
Put = Callable[[str, int], str]
Body = Callable[[Values, Put], Iterator[str]]


class NotUnderstood(ValueError):
    """Something that is not known here, or that no compiler or controller would take."""


@dataclass(frozen=True)
class Variable:
    """One declared variable; what is retained outlives the power."""

    section: str
    type: str
    retained: bool
    initial: int

    def fits(self, value: int) -> bool:
        return 0 <= value <= LARGEST[self.type] and isinstance(value, bool) == (self.type == "BOOL")


@dataclass
class Block:
    """An instance of a function block."""

    variables: dict[str, Variable]
    body: Body
    values: Values = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.power_on()

    def power_on(self) -> None:
        """The power is back: only what is retained is still there."""
        for name, variable in self.variables.items():
            if not (variable.retained and name in self.values):
                self.values[name] = variable.initial

    def steps(self, **given: int) -> Iterator[str]:
        """One scan, assignment by assignment; given are inputs, and what goes in and out."""
        for name, variable in self.variables.items():
            if variable.section == "VAR_TEMP":
                self.values.pop(name, None)
        for name, value in given.items():
            if self.variables[name].section not in ("VAR_INPUT", "VAR_IN_OUT"):
                raise NotUnderstood(f"{name} is not given from outside")
            self._put(name, value)
        return self.body(self.values, self._put)

    def scan(self, **given: int) -> None:
        """One whole scan."""
        for _ in self.steps(**given):
            pass

    def _put(self, name: str, value: int) -> str:
        if not self.variables[name].fits(value):
            raise NotUnderstood(f"{value} is no {self.variables[name].type}, as {name} is")
        self.values[name] = value
        return name
