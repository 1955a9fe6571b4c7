"""Which ways tokens took: the flows between the steps of a history.

A history tells which elements were passed, in their order, not along which flow a token came. That
follows: a step that is done lets tokens go along its flows, and a step that is seen took one from
the latest that leads to it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.workflow.definition.model import Node, ProcessModel

CHOOSING = frozenset({"exclusiveGateway", "eventBasedGateway"})
JOINING = frozenset({"parallelGateway", "inclusiveGateway"})
DONE = "completed"


class Passed(NamedTuple):
    """A step that was done: its number and instant, how long its token was there, and since when
    somebody had begun (both in ms), and the flows along which it came."""

    number: int
    at: int
    node: Node
    stayed: int
    begun: int | None
    flows: tuple[str, ...]


@dataclass(slots=True)
class _Departure:
    """Flows along which tokens can still come; of a choice, only one of them."""

    flows: set[str]
    choice: bool


@dataclass(slots=True)
class Ways:
    """Follows the steps of one instance through the diagram of its process."""

    model: ProcessModel
    _left: list[_Departure] = field(default_factory=list)

    def follow(self, steps: Iterable[tuple[int, int, dict[str, Any]]]) -> Iterator[Passed]:
        """What was passed, without what was undone. A step is (number, instant, its letters)."""
        for number, at, step in kept(list(steps)):
            node = self._node(step)
            if node is None or step.get("s", DONE) != DONE:
                continue
            flows = tuple(self.arrive(node))
            self._leave(node)
            stayed, begun = int(step.get("b", 0)), step.get("t")
            yield Passed(number, at, node, stayed, None if begun is None else int(begun), flows)

    def arrive(self, node: Node) -> Iterator[str]:
        """The flows along which tokens came to an element; a join takes one of each."""
        joins = node.type in JOINING
        for wanted in reversed([{flow} for flow in node.incoming] if joins else [{*node.incoming}]):
            taken = self._take(wanted)
            if taken is not None:
                yield taken

    def _take(self, wanted: set[str]) -> str | None:
        for departure in reversed(self._left):
            if found := departure.flows & wanted:
                flow = min(found)
                departure.flows.discard(flow)
                if departure.choice or not departure.flows:
                    self._left.remove(departure)
                return flow
        return None

    def _leave(self, node: Node) -> None:
        if node.outgoing:
            flows = {flow.id for flow in node.outgoing}
            self._left.append(_Departure(flows, node.type in CHOOSING))

    def _node(self, step: dict[str, Any]) -> Node | None:
        if step.get("p", self.model.key) != self.model.key:
            return None
        return self.model.nodes.get(step["e"])


def kept(
    steps: list[tuple[int, int, dict[str, Any]]],
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The steps without those that were taken back, and without the taking back."""
    gone: set[int] = set()
    for number, _at, step in steps:
        if "o" in step:
            gone.update(range(int(step["o"]), number + 1))
    return (each for each in steps if each[0] not in gone)
