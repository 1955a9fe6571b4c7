"""What a person adds to the diagram of one instance: inserted work, taken on the way."""

from engine.workflow.definition.model import Node
from engine.workflow.execution.tree import Token


def take_inserted(token: Token, node: Node) -> bool:
    """Send a token that leaves an element to the work inserted there; False if there is none."""
    scope = token.workflow
    state = scope.state
    if node.id in state.inserted:
        del state.inserted[node.id]  # inserted work that is done
        after = node.id.partition("+")[0]
    else:
        after = node.id
    for name, insert in state.inserted.items():
        if insert.after == after and not insert.open:
            insert.open = True
            scope.place_inserted(name)
            return True
    return False
