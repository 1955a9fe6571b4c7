"""BPMN's token game, written from the standard alone: what an engine must agree with.

It reads diagrams by itself and knows nothing of ours: no tree, no frontier, no database. What the
standard leaves open is as docs/reference/bpmn-coverage.md decides; where that page is silent too:

- the token that moves next is the one that came first to its element, among all that can move; an
  activity whose inside is over moves on at the place of its own coming;
- an inclusive join that may pass does so before conditional events are looked at, one at a time,
  first that of the oldest scope, there the one drawn first;
- at each rest first come the signals: of all that were thrown one asks who waits, then they reach
  those one after the other, the oldest first, with a rest after each; who is gone by then does not
  get it. Then come the messages, one at a time, in the order of throwing; one whose token was ended
  before its turn is not sent;
- what is due at one look at the clock fires, each with a rest after it, before anything is
  delivered that was thrown on the way;
- a token that waits for the delivery of its message moves on after the receiver came to rest;
- each parallel join that waits in a scope without other tokens gets an incident, before conditional
  events are looked at.

Source: BPMN 2.0.2 chapter 13.
"""

from tests.support.oracle.game import TokenGame
from tests.support.oracle.moves import Refused

__all__ = ["Refused", "TokenGame"]
