"""When an inclusive gateway has waited long enough.

Source: BPMN 2.0.2 section 13.4.3, within the block that the gateway closes. What a token can reach
inside the block was worked out when the diagram was read; nothing is walked here.
"""

from collections.abc import Mapping

from engine.workflow.execution.deviations import drawn
from engine.workflow.execution.tree import Branch, Root


def pass_inclusive(scope: Root | Branch) -> bool:
    """Let the first inclusive gateway of a scope that nothing holds up any more pass."""
    for gateway, block in scope.layout.blocks.items():
        arrived = scope.state.joins.get(gateway)
        if arrived and not _held_up(scope, gateway, frozenset(arrived), block.reach):
            scope.join(gateway)
            scope.place_at(gateway)
            return True
    return False


def _held_up(
    scope: Root | Branch, gateway: str, brought: frozenset[str], reach: Mapping[str, frozenset[str]]
) -> bool:
    """Whether a token can still come along a flow that has brought none."""
    places = {drawn(token.node.id) for token in scope.tasks.values()}
    places |= scope.state.joins.keys() - {gateway}
    for place in places:
        flows = reach.get(place, frozenset())
        # A token that can also take a flow that brought one is not waited for: clause (iv) to (vi).
        if flows and not flows & brought:
            return True
    return False
