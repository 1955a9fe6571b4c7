"""Random diagrams that run: blocks in blocks, loops, events, subprocesses and called processes.

The same seed draws the same. Every circle passes a user task that nothing else can end, so nothing
runs for ever without somebody. `Drawn.features` says what was drawn.
"""

from tests.support.random_diagrams.drawn import FEATURES, Drawn, draw

__all__ = ["FEATURES", "Drawn", "draw"]
