"""What most faulty diagrams have around their fault."""

from collections.abc import Sequence

from tests.support import diagrams as d

Fault = tuple[str, str, tuple[str, ...]]  # rule, element, and the parts of the diagram

TWO = ("start -> x -> a", "x -> b if v > 1")
FLOW = '<sequenceFlow id="f" sourceRef="{}" targetRef="{}"/>'


def line(*activity: str, way: str = "start -> a -> end") -> tuple[str, ...]:
    """start, what is given, end."""
    return (d.start(), *activity, d.end(), way)


def task(tag: str = "userTask", *inside: str, **attributes: str) -> tuple[str, ...]:
    """A line through one task with something in it."""
    return line(d.element(tag, "a", *inside, **attributes))


def started(*inside: str, **attributes: str) -> tuple[str, ...]:
    """A line that begins with such a start event."""
    return (d.element("startEvent", "start", *inside, **attributes), d.end(), "start -> end")


def ended(*inside: str, **attributes: str) -> tuple[str, ...]:
    """A line that ends with such an end event."""
    return (d.start(), d.element("endEvent", "end", *inside, **attributes), "start -> end")


def guarded(event: str, host: str = "", **attributes: str) -> tuple[str, ...]:
    """A line through `a` with the boundary event `b`."""
    bound = d.element("boundaryEvent", "b", event, attachedToRef="a", **attributes)
    return (*line(host or d.job("a")), bound, "b -> end")


def choosing(*flows: str, default: str = "", outgoing: Sequence[str] = ()) -> tuple[str, ...]:
    """A gateway between two ends."""
    return (d.start(), d.exclusive("x", default, outgoing), d.end("a", "b"), *flows)


def asked(*conditions: str) -> tuple[str, ...]:
    """An exclusive gateway with a flow for each condition, x_to_e0 the first."""
    return (
        d.start(),
        d.exclusive("x", default="other"),
        d.end("other", *(f"e{n}" for n in range(len(conditions)))),
        "start -> x -> other",
        *(f"x -> e{n} if {asks}" for n, asks in enumerate(conditions)),
    )


def beside(*inside: str, **attributes: str) -> tuple[str, ...]:
    """A line with the event subprocess `h` beside it."""
    handler = d.element("subProcess", "h", *inside, triggeredByEvent="true", **attributes)
    return (*line(d.user("a")), handler)
