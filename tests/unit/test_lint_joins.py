"""A join that is said never to fire does not fire, whatever tokens do: every way is tried."""

from collections import Counter, deque
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as some

from engine.workflow.definition.lint.joins import joins
from engine.workflow.definition.model import Node, ScopeModel
from engine.workflow.definition.reading.dialect import read_bpmn
from tests.support import diagrams as d

KINDS = ("userTask", "exclusiveGateway", "parallelGateway", "parallelGateway")
MAX_TOKENS = 5
MAX_MARKINGS = 1_500
Marking = frozenset[tuple[str, int]]  # how many tokens are on each flow

drawings = some.integers(3, 7).flatmap(
    lambda size: some.tuples(
        some.lists(some.sampled_from(KINDS), min_size=size, max_size=size),
        some.lists(
            some.lists(some.integers(0, size - 1), min_size=1, max_size=2, unique=True),
            min_size=size,
            max_size=size,
        ),
        some.sampled_from([None, True, False]),
    )
)


def scope(kinds: list[str], flows: list[list[int]], interrupting: bool | None) -> ScopeModel:
    """Any elements with any flows; the first task may have a boundary event."""
    parts = [d.element(kind, f"n{place}") for place, kind in enumerate(kinds)]
    parts += [f"n{a} -> n{b}" for a, those in enumerate(flows) for b in those]
    if interrupting is not None and "userTask" in kinds:
        host = f"n{kinds.index('userTask')}"
        parts.append(d.boundary("late", host, interrupting=interrupting, duration="PT1H"))
        parts.append(f"late -> n{len(kinds) - 1}")
    return read_bpmn(d.process(d.start(), *parts, "start -> n0", key="plant")).processes[0].root


def fired(drawn: ScopeModel) -> set[str]:
    """The joins that fire on some way, as far as so many markings and tokens show."""
    first: Marking = frozenset({(f.id, 1) for f in drawn.nodes["start"].outgoing})
    seen, waiting, found = {first}, deque([first]), set()
    while waiting and len(seen) < MAX_MARKINGS:
        marking = Counter(dict(waiting.popleft()))
        for node in drawn.nodes.values():
            for after in steps(drawn, node, marking):
                if node.type == "parallelGateway" and len(node.incoming) > 1:
                    found.add(node.id)
                following = frozenset((+after).items())
                if after.total() <= MAX_TOKENS and following not in seen:
                    seen.add(following)
                    waiting.append(following)
    return found


def steps(drawn: ScopeModel, node: Node, marking: Counter[str]) -> Iterator[Counter[str]]:
    """What one step of an element can make of the tokens."""
    if node.type == "parallelGateway":
        taken = [Counter(node.incoming)] if node.incoming else []
    else:
        taken = [Counter([flow]) for flow in node.incoming]
    for tokens in taken:
        if not tokens <= marking:
            continue
        rest = marking - tokens
        for made in leaving(drawn, node):
            yield rest + made


def leaving(drawn: ScopeModel, node: Node) -> Iterator[Counter[str]]:
    """The tokens that one step of an element can make."""
    if node.type == "exclusiveGateway":
        yield from (Counter([flow.id]) for flow in node.outgoing)
        return
    own = Counter(flow.id for flow in node.outgoing)
    yield own
    for name in node.boundaries:
        event = drawn.nodes[name].event
        caught = Counter(flow.id for flow in drawn.nodes[name].outgoing)
        assert event is not None
        if event.interrupting:
            yield caught
        else:
            yield own + caught


@settings(max_examples=150)
@given(drawings)
def test_a_join_that_never_fires_does_not(
    drawing: tuple[list[str], list[list[int]], bool | None],
) -> None:
    drawn = scope(*drawing)
    accused = {f.element for f in joins(drawn)}
    assert not accused & fired(drawn)
