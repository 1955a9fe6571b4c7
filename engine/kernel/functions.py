"""What a diagram may call in-house: a name for a function that runs inside the transaction.

A package registers its functions when `engine.registry` imports it; the workflow package knows only
this registry. A function takes `uow` and the task's parameters by name, and returns the variables
that it writes.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from engine.kernel.errors import RoutecardError
from engine.kernel.store.uow import Uow


class InHouse(Protocol):
    """A function a service task may name."""

    def __call__(self, uow: Uow, **parameters: Any) -> Mapping[str, object]:
        """Carry out and return the variables to write."""
        ...


class Raised(RoutecardError):
    """A function's way to raise a BPMN error that the diagram may catch.

    Args:
        bpmn_code: the error code an error boundary event names.
        detail: a sentence for the incident, if nothing catches it.
    """

    code = "bpmn-error"
    title = "Error raised in the process"

    def __init__(self, bpmn_code: str, detail: str) -> None:
        super().__init__(detail)
        self.bpmn_code = bpmn_code


_functions: dict[str, InHouse] = {}


def function(name: str) -> Callable[[InHouse], InHouse]:
    """Register a function under the name that diagrams use."""

    def register(target: InHouse) -> InHouse:
        _functions[name] = target
        return target

    return register


def find(name: str) -> InHouse | None:
    """The function of that name, or None."""
    return _functions.get(name)


def names() -> tuple[str, ...]:
    """Every name a diagram may use, sorted."""
    return tuple(sorted(_functions))
