"""Two versions of a bundle, element by element: what changed, as sentences of the trade and as ids.

Nothing here looks at a database; `work/versions/comparison.py` gathers what is compared.
"""

from engine.workflow.definition.compare.change import Change, Side
from engine.workflow.definition.compare.sides import compare

__all__ = ["Change", "Side", "compare"]
