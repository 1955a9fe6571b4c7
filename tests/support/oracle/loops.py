"""Activities that run several times: multi-instance and standard loops."""

from collections.abc import Callable
from typing import Any

from tests.support.oracle.conditions import Missing, evaluate
from tests.support.oracle.drawing import Loop
from tests.support.oracle.state import Rounds, Scope, Token, Variables, read, seen, write


class Loops:
    """The loops of an instance."""

    last: int
    go: Callable[[Token], None]
    finish: Callable[[Token], None]
    end_inside: Callable[[Scope], None]

    def begin_loop(self, token: Token) -> None:
        """A token comes to an activity that runs several times."""
        loop = _loop(token)
        try:
            items = _items(token, loop)
        except Missing:
            token.state = "incident"
            return
        token.rounds = Rounds(None if items is None else len(items), items or [])
        token.inside = Scope(None, token)
        token.state = "waiting"
        if loop.kind == "loop":
            self.again(token)
            return
        for _ in items or ():
            self.next_run(token)
            if loop.kind == "sequential":
                break
        if not items:
            self.loop_done(token)

    def next_run(self, token: Token) -> None:
        """Begin one more run."""
        loop, rounds = _loop(token), token.rounds
        assert rounds is not None
        assert token.inside is not None
        rounds.begun += 1
        own: Variables = {"loopCounter": rounds.begun}
        if loop.item is not None and loop.source is not None:
            own[loop.item] = rounds.items[rounds.begun - 1]
        self.last += 1
        run = Token(self.last, token.node, token.inside, own=own, is_run=True)
        token.inside.tokens.append(run)
        self.go(run)

    def run_done(self, run: Token) -> None:
        """A run completed."""
        token, scope = run.scope.holder, run.scope
        assert token is not None
        loop, rounds = _loop(token), token.rounds
        assert rounds is not None
        rounds.completed += 1
        if loop.result is not None:
            rounds.results[run.own["loopCounter"]] = self.result(run, loop.result)
        scope.tokens.remove(run)
        run.alive = False
        if loop.kind == "loop":
            self.again(token, run)
        elif self.is_over(token):
            self.end_inside(scope)
            self.loop_done(token)
        elif loop.kind == "sequential":
            self.next_run(token)

    def result(self, run: Token, name: str) -> Any:
        """What a run leaves: of a subprocess its data object, if it has one of that name."""
        if run.node.level is not None and name in run.node.level.data:
            return run.left.get(name)
        return _value(run, name)

    def is_over(self, token: Token) -> bool:
        """Whether a multi-instance activity needs no more runs."""
        loop, rounds = _loop(token), token.rounds
        assert rounds is not None
        assert token.inside is not None
        if rounds.completed == rounds.number:
            return True
        numbers = {
            "numberOfInstances": rounds.number,
            "numberOfActiveInstances": len(token.inside.tokens),
            "numberOfCompletedInstances": rounds.completed,
            "numberOfTerminatedInstances": 0,
        }
        return bool(loop.condition) and bool(evaluate(str(loop.condition), seen(token) | numbers))

    def again(self, token: Token, run: Token | None = None) -> None:
        """Begin another run of a standard loop, or none."""
        rounds = token.rounds
        assert rounds is not None
        if self.is_enough(token, run):
            self.loop_done(token)
        elif (cap := token.node.ours("maximum")) is not None and rounds.begun >= int(cap):
            token.state = "incident"
        else:
            self.next_run(token)

    def is_enough(self, token: Token, run: Token | None) -> bool:
        """Whether a standard loop is done; `run` is the one just done."""
        loop, rounds = _loop(token), token.rounds
        assert rounds is not None
        if loop.maximum is not None and rounds.begun >= loop.maximum:
            return True
        asked = loop.condition is not None and (loop.first or run is not None)
        env = seen(token) | {"loopCounter": rounds.begun}
        return asked and not evaluate(str(loop.condition), env)

    def loop_done(self, token: Token) -> None:
        """All runs are done: the activity is."""
        loop, rounds = _loop(token), token.rounds
        assert rounds is not None
        token.inside = None
        if loop.target is not None:
            write(token, {loop.target: [v for _, v in sorted(rounds.results.items())]})
        self.finish(token)


def _loop(token: Token) -> Loop:
    assert token.node.loop is not None
    return token.node.loop


def _items(token: Token, loop: Loop) -> list[Any] | None:
    """What a multi-instance runs over; None for a standard loop."""
    if loop.kind == "loop":
        return None
    if loop.source is not None:
        return list(read(token, loop.source))
    return list(range(int(evaluate(str(loop.cardinality), seen(token)))))


def _value(run: Token, name: str) -> Any:
    try:
        return read(run, name)
    except Missing:
        return None
