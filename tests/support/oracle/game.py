"""One instance in the token game: what is seen of it, and what people and machines do."""

from collections import Counter
from collections.abc import Mapping

from lxml import etree

from tests.support.oracle.drawing import processes
from tests.support.oracle.events import Thrown
from tests.support.oracle.moves import Functions, Moves
from tests.support.oracle.state import Scope, Token, Variables, Wait, tokens, write


class TokenGame(Moves):
    """One instance of a process; `now` is in minutes since the clock's start."""

    def __init__(
        self,
        diagrams: Mapping[str, bytes],
        key: str,
        variables: Variables,
        *,
        business_key: str | None = None,
        now: int = 0,
        functions: Functions | None = None,
        decisions: Mapping[str, bytes] | None = None,
    ) -> None:
        self.processes = {}
        for document in diagrams.values():
            self.processes |= processes(document)
        self.functions = functions or {}
        self.decisions = {k: etree.fromstring(text) for k, text in (decisions or {}).items()}
        self.steps, self.moving, self.touched, self.outbox = [], [], [], []
        self.last = self.counter = 0
        self.now, self.key = now, business_key
        self.root = Scope(self.processes[key], None, wall=True, own=dict(variables))
        self.start(self.root)
        self.rest()

    # ---- what is seen ----

    @property
    def completed(self) -> bool:
        """Whether the instance is over."""
        return not self.root.alive

    def open(self, work: str) -> Counter[str]:
        """The elements of open tasks (`task`) or jobs (`job`)."""
        return Counter(t.node.id for t in tokens(self.root) if t.work == work)

    def incidents(self) -> Counter[str]:
        """The elements where a token cannot go on."""
        return Counter(t.node.id for t in tokens(self.root) if t.state == "incident")

    def stuck(self) -> list[Token]:
        """The tokens that cannot go on."""
        return [token for token in tokens(self.root) if token.state == "incident"]

    def subscriptions(self) -> Counter[tuple[str, str, str]]:
        """(element, kind, name) of every message and signal that is waited for."""
        found = [w for w in self.waits() if w.event.trigger.kind in ("message", "signal")]
        return Counter((_told(w), w.event.trigger.kind, str(w.event.trigger.name)) for w in found)

    def timers(self) -> Counter[tuple[str, int]]:
        """(element, minutes) of every time that is waited for."""
        return Counter((_told(w), w.due) for w in self.waits() if w.due is not None)

    def waiting(self, kind: str, name: str | None = None) -> list[Wait]:
        """Who waits for something, the oldest first."""
        found = [w for w in self.waits() if w.event.trigger.kind == kind]
        return [w for w in found if name in (None, w.event.trigger.name)]

    def workers(self, work: str, element: str) -> list[Token]:
        """The tokens with open work at an element, the oldest first."""
        found = [t for t in tokens(self.root) if t.work == work and t.node.id == element]
        return sorted(found, key=lambda token: token.number)

    # ---- what people and machines do ----

    def complete_work(self, token: Token, values: Variables) -> None:
        """A task is completed, or a job."""
        self.complete(token, values)
        self.rest()

    def fail_job(self, token: Token, code: str) -> None:
        """A job raises an error of the diagram."""
        self.raise_error(token, code)
        self.rest()

    def catches(self, token: Token, code: str) -> bool:
        """Whether anything would take an error."""
        return self.taker(token, "error", code) is not None

    def change(self, values: Variables) -> None:
        """Variables of the process are changed from outside."""
        write(self.root, values)
        self.rest()

    def send(self, name: str, values: Variables, key: str | None) -> bool:
        """A message goes to the oldest token that waits for it."""
        sent = self.deliver(name, values, key)
        self.rest()
        return sent

    def broadcast(self, name: str, values: Variables) -> int:
        """A signal goes to all who wait."""
        found = self.receivers(name)
        self.hand_out([(wait, values) for wait in found])
        self.rest()
        return len(found)

    def next_due(self) -> int | None:
        """When the next timer is due."""
        return min((w.due for w in self.waits() if w.due is not None), default=None)

    def fire(self) -> int:
        """Fire every timer that is due by now, the earliest first; the number fired."""
        fired = 0
        while found := [w for w in self.waits() if w.due is not None and w.due <= self.now]:
            for wait in sorted(found, key=lambda w: (w.due, w.age)):
                if wait in self.waits():
                    self.happen(wait, {})
                    self.close_empty()
                    self.settle()
                    fired += 1
            self.rest()
        return fired

    def retry(self, token: Token) -> None:
        """A token in an incident tries again."""
        self.go(token)
        self.rest()

    # ---- what was thrown reaches its receivers ----

    def rest(self) -> None:
        """Move to the next rest, and deliver what was thrown on the way."""
        self.close_empty()
        self.settle()
        while self.outbox:
            signals = [thrown for thrown in self.outbox if thrown.kind == "signal"]
            if signals:
                self.outbox = [thrown for thrown in self.outbox if thrown.kind != "signal"]
                self.hand_out([(w, s.values) for s in signals for w in self.receivers(s.name)])
            else:
                self.send_thrown(self.outbox.pop(0))

    def receivers(self, name: str) -> list[Wait]:
        """Who waits for a signal."""
        return self.waiting("signal", name)

    def hand_out(self, kept: list[tuple[Wait, Variables]]) -> None:
        """Signals reach those who waited for them and still do."""
        for wait, values in kept:
            if wait in self.waits():
                self.happen(wait, values)
                self.close_empty()
                self.settle()

    def send_thrown(self, thrown: Thrown) -> None:
        """A thrown message is delivered, and its token goes on."""
        token = thrown.token
        if token is None or not token.alive:
            return
        sent = self.deliver(thrown.name, thrown.values, thrown.key)
        self.settle()
        if not token.alive:
            return
        if sent or thrown.optional:
            self.complete(token, {})
            self.settle()
        else:
            token.state = "incident"

    def deliver(self, name: str, values: Variables, key: str | None) -> bool:
        """A message reaches the oldest token that waits for it."""
        found = [w for w in self.waiting("message", name) if key is None or w.key == key]
        if found:
            self.happen(found[0], values)
            self.close_empty()
        return bool(found)


def _told(wait: Wait) -> str:
    """The element by which a wait is known."""
    return wait.event.id
