"""Activities that run several times: multi-instance over items, and standard loops.

The token of the activity holds a scope in which each run is a token of its own.

Source: BPMN 2.0.2 sections 13.3.6 and 13.3.7.
"""

from decimal import Decimal

from engine.workflow.definition.model import Loop
from engine.workflow.execution.frontier import LoopState, ScopeState, Variables
from engine.workflow.execution.limits import ITEMS, LOOP_RUNS, TOKENS
from engine.workflow.execution.run import Run, StepFailed, label
from engine.workflow.execution.tree import Branch, Token


def begin(run: Run, token: Token) -> bool:
    """Open the scope of the runs and start those that can start; False if there are none.

    Raises:
        StepFailed: if the number of items cannot be told, or is too large.
        ExpressionFailed: if the number or the condition cannot be evaluated.
    """
    loop = _loop(token)
    state = LoopState(None) if loop.kind == "loop" else LoopState(*_items(token, loop))
    if loop.kind == "loop" and _over(token, state, loop):
        return False
    if state.total == 0:
        _collect(run, token, state, loop)
        return False
    if loop.kind == "parallel":
        _check_room(run, token, state.total or 0)
    run.make_room(token, state.items)
    scope = run.root.open_scope(token, ScopeState(token.number, loop=state))
    for _ in range(state.total or 1 if loop.kind == "parallel" else 1):
        _start(scope, loop)
    return True


def proceed(run: Run, scope: Branch) -> None:
    """Go on after a run: the next one, or the end of the activity.

    Raises:
        ExpressionFailed: if the condition cannot be evaluated.
        StepFailed: if a standard loop runs without end.
    """
    body, state = scope.holder, scope.state.loop
    assert body is not None
    assert state is not None
    loop = _loop(body)
    if loop.kind == "loop":
        if not scope.tasks:
            _loop_on(run, scope, body, state, loop)
    elif state.done and loop.condition is not None and _ended_early(scope, body, state, loop):
        run.empty(body)
        _end(run, body, state, loop)
    elif not scope.tasks:
        if state.begun < (state.total or 0):
            _start(scope, loop)
        else:
            _end(run, body, state, loop)


def item_done(scope: Branch, item: Token) -> None:
    """Count a finished run and keep what it leaves."""
    body, state = scope.holder, scope.state.loop
    assert body is not None
    assert state is not None
    state.done += 1
    result = _loop(body).result
    if result is not None:
        assert item.own is not None
        seen = item.variables if item.left is None else item.variables | item.left
        state.results[str(item.own["loopCounter"])] = seen.get(result)


def _loop(token: Token) -> Loop:
    loop = token.node.loop
    assert loop is not None, "only an activity with a loop has a scope of runs"
    return loop


def _items(token: Token, loop: Loop) -> tuple[int, int, int, list[object] | None]:
    """(how many, none begun, none done, their values if they come from a list)."""
    variables = token.variables
    if loop.source is not None:
        values = variables.get(loop.source)
        if not isinstance(values, list):
            raise StepFailed(
                "expression",
                f"{label(token.node)} runs for each item of {loop.source}, which is no list.",
            )
        return _bounded(token, len(values)), 0, 0, list(values)
    assert loop.cardinality is not None
    number = loop.cardinality.evaluate(variables)
    if not isinstance(number, Decimal) or number != number.to_integral_value() or number < 0:
        raise StepFailed(
            "expression", f"{label(token.node)} runs a whole number of times, not {number!r}."
        )
    return _bounded(token, int(number)), 0, 0, None


def _bounded(token: Token, number: int) -> int:
    if number > ITEMS:
        raise StepFailed(
            "limit",
            f"{label(token.node)} would run {number} times; at most {ITEMS} are possible.",
        )
    return number


def _check_room(run: Run, token: Token, number: int) -> None:
    """Items in items multiply: each activity alone may be within its limit."""
    if run.root.size + number > TOKENS:
        raise StepFailed(
            "limit",
            f"{label(token.node)} would begin {number} runs where {run.root.size} tokens are; "
            f"an instance has at most {TOKENS} side by side. Retry when others are done.",
        )


def _start(scope: Branch, loop: Loop) -> None:
    """Start the next run."""
    state, body = scope.state.loop, scope.holder
    assert state is not None
    assert body is not None
    state.begun += 1
    own: Variables = {"loopCounter": Decimal(state.begun)}
    if state.items is not None:
        value = state.items.pop(0)
        if loop.item is not None:
            own[loop.item] = value
    scope.place_at(body.node.id).own = own


def _loop_on(run: Run, scope: Branch, body: Token, state: LoopState, loop: Loop) -> None:
    """Run a standard loop once more, or end it."""
    if _over(body, state, loop):
        _end(run, body, state, loop)
    elif state.done % LOOP_RUNS == 0 and not body.excused:
        raise StepFailed("limit", f"{label(body.node)} ran {state.done} times and goes on.")
    else:
        _start(scope, loop)


def _over(body: Token, state: LoopState, loop: Loop) -> bool:
    """Whether a standard loop runs no more."""
    if loop.maximum is not None and state.done >= loop.maximum:
        return True
    if loop.condition is None or not (state.done or loop.first):
        return False
    return not loop.condition.condition(body.variables | {"loopCounter": Decimal(state.done)})


def _ended_early(scope: Branch, body: Token, state: LoopState, loop: Loop) -> bool:
    numbers = {
        "numberOfInstances": state.total or 0,
        "numberOfActiveInstances": len(scope.tasks),
        "numberOfCompletedInstances": state.done,
        "numberOfTerminatedInstances": 0,
    }
    assert loop.condition is not None
    return loop.condition.condition(
        body.variables | {name: Decimal(number) for name, number in numbers.items()}
    )


def _end(run: Run, body: Token, state: LoopState, loop: Loop) -> None:
    """All is done."""
    _collect(run, body, state, loop)
    run.finish(body)


def _collect(run: Run, body: Token, state: LoopState, loop: Loop) -> None:
    """What the items left becomes the list, in the order of items."""
    if loop.target is not None:
        order = sorted(state.results, key=int)
        run.keep(body, {loop.target: [state.results[number] for number in order]})
