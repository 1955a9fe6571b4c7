"""Blocks and splits: what lies between, checked against the words of their definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.workflow.definition.blocks import (
    MAX_INSIDE,
    inclusive_block,
    inclusive_blocks,
    inclusive_joins,
    splits_around,
)
from engine.workflow.definition.graph import ENTRY, dominators, reverse, spread
from engine.workflow.definition.model import ScopeModel
from engine.workflow.definition.reading.dialect import read_bpmn
from tests.support import diagrams as d


def scope(*parts: str) -> ScopeModel:
    """The process of these parts."""
    return read_bpmn(d.process(*parts, key="plant")).processes[0].root


# ---- the graph ----

graphs = some.integers(1, 7).flatmap(
    lambda size: some.lists(
        some.lists(some.integers(0, size - 1).map(str), max_size=3), min_size=size, max_size=size
    ).map(lambda rows: {str(name): row for name, row in enumerate(rows)})
)


@given(graphs, some.sets(some.sampled_from("012"), min_size=1))
def test_a_dominator_is_what_every_way_comes_through(
    after: dict[str, list[str]], origins: set[str]
) -> None:
    starts = sorted(origins & after.keys())
    found = dominators(after, starts)
    reached = spread(after, starts)
    assert found.keys() == reached
    for name in reached:
        above, chain = found[name], []
        while above != ENTRY:
            chain.append(above)
            above = found[above]
        needed = {o for o in reached - {name} if name not in spread(after, starts, {o})}
        assert set(chain) == needed, name


def test_a_graph_turned_around_twice_is_the_same() -> None:
    after = {"a": ["b", "c"], "b": ["c"], "c": []}
    assert reverse(reverse(after)) == {"a": ["b", "c"], "b": ["c"], "c": []}


# ---- inclusive blocks ----

SIMPLE = (
    *(d.start(), d.inclusive("o", default="a"), d.user("a", "b", "c"), d.inclusive("j"), d.end()),
    *("start -> o -> a -> j -> end", "o -> b if v", "b -> c -> j"),
)


def test_a_block_knows_which_flows_each_element_can_still_reach() -> None:
    block = inclusive_blocks(scope(*SIMPLE))["j"]
    assert (block.opens, block.join) == ("o", "j")
    assert block.reach == {"a": {"a_to_j"}, "b": {"c_to_j"}, "c": {"c_to_j"}}


def test_a_choice_in_a_block_reaches_several_flows_and_an_end_none() -> None:
    drawn = scope(
        *(d.start(), d.parallel("o"), d.user("a", "b"), d.exclusive("x", default="a")),
        *(d.boundary("late", "a", duration="PT1H"), d.inclusive("j"), d.end(), d.end("gone")),
        *("start -> o -> x -> a -> j -> end", "x -> b if v", "b -> j", "o -> j"),
        *("late -> gone", "x -> gone if w"),
    )
    block = inclusive_blocks(drawn)["j"]
    assert block.reach == {
        "x": {"a_to_j", "b_to_j"},
        "a": {"a_to_j"},
        "b": {"b_to_j"},
        "late": frozenset(),
        "gone": frozenset(),
    }


def test_an_inner_join_is_inside_the_outer_block() -> None:
    drawn = scope(
        *(d.start(), d.inclusive("o", "i"), d.inclusive("i", "b"), d.user("a", "b", "c")),
        *(d.inclusive("k", "j"), d.end(), "start -> o -> i -> b -> k -> j -> end"),
        *("i -> c if w", "c -> k", "o -> a if v", "a -> j", d.inclusive("j")),
    )
    blocks = inclusive_blocks(drawn)
    assert {join: block.opens for join, block in blocks.items()} == {"k": "i", "j": "o"}
    assert blocks["j"].reach["k"] == {"k_to_j"}
    assert "k" not in blocks["k"].reach


def test_a_loop_through_the_join_is_a_block() -> None:
    drawn = scope(
        *SIMPLE[:-3],
        *(d.exclusive("x", default="end"), d.exclusive("m"), "start -> m -> o -> a -> j -> x"),
        *("o -> b if v", "b -> c -> j", "x -> end", "x -> m if again"),
    )
    assert inclusive_blocks(drawn)["j"].opens == "o"


NO_BLOCK: dict[str, tuple[str, ...]] = {
    "a way in beside the gateway": (*SIMPLE, d.start("s", message="m"), "s -> c"),
    "a way back to the gateway": (*SIMPLE, d.exclusive("x", default="j"), "c -> x -> j", "x -> o"),
    "a way back into the block": (*SIMPLE, d.exclusive("x"), "j -> x -> c"),
    "nothing split": (
        *(d.start(), d.start("s", message="m"), d.inclusive("j"), d.end()),
        *("start -> j -> end", "s -> j"),
    ),
    "a task with a boundary event": (
        *(d.start(), d.user("a", "b"), d.boundary("late", "a", duration="PT1H"), d.end()),
        *(d.inclusive("j"), "start -> a -> j -> end", "a -> b -> j", "late -> j"),
    ),
    "unreachable": (*SIMPLE, d.user("u"), "u -> j"),
}


@pytest.mark.parametrize("parts", NO_BLOCK.values(), ids=NO_BLOCK)
def test_what_closes_no_block(parts: tuple[str, ...]) -> None:
    drawn = scope(*parts)
    assert inclusive_block(drawn, drawn.nodes["j"]) is None
    assert inclusive_blocks(drawn) == {}


KINDS = ("userTask", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway")
drawings = some.integers(2, 6).flatmap(
    lambda size: some.tuples(
        some.lists(some.sampled_from(KINDS), min_size=size, max_size=size),
        some.lists(
            some.lists(some.integers(0, size - 1), max_size=3, unique=True),
            min_size=size,
            max_size=size,
        ),
        some.sets(some.integers(0, size - 1), max_size=1),
    )
)
Drawing = tuple[list[str], list[list[int]], set[int]]


def drawn_scope(drawing: Drawing) -> ScopeModel:
    """A scope of any elements with any flows; n0 follows the start."""
    kinds, flows, guarded = drawing
    parts = [d.element(kind, f"n{place}") for place, kind in enumerate(kinds)]
    parts += [f"n{a} -> n{b}" for a, those in enumerate(flows) for b in those]
    for place in guarded:
        if kinds[place] == "userTask":
            parts += [
                d.boundary("late", f"n{place}", duration="PT1H"),
                f"late -> n{len(kinds) - 1}",
            ]
    return scope(d.start(), *parts, "start -> n0")


@given(drawings)
def test_a_block_is_what_the_coverage_page_says(drawing: Drawing) -> None:
    drawn = drawn_scope(drawing)
    blocks = inclusive_blocks(drawn)
    after = {n.id: [*(f.target for f in n.outgoing), *n.boundaries] for n in drawn.nodes.values()}
    for join in inclusive_joins(drawn):
        block = blocks.get(join.id)
        openers = [o for o in drawn.nodes if opens(drawn, after, o, join.id)]
        assert openers == ([block.opens] if block is not None else [])
        if block is None:
            continue
        assert set(block.reach) == spread(after, after[block.opens], {join.id})
        for name, flows in block.reach.items():
            reached = spread(after, [name], {join.id})
            assert flows == {
                f.id for r in reached for f in drawn.nodes[r].outgoing if f.target == join.id
            }


def opens(drawn: ScopeModel, after: dict[str, list[str]], opener: str, join: str) -> bool:
    """The rule of the page, word by word: is it the nearest that all ways come through, is it a
    gateway or a task that splits, and does nothing come in beside it or lead back?"""
    if opener == join or join not in spread(after, ["start"]):
        return False
    node = drawn.nodes[opener]
    if not (node.type.endswith("Gateway") or (len(node.outgoing) > 1 and not node.boundaries)):
        return False
    through = [n for n in after if n != join and join not in spread(after, ["start"], {n})]
    nearest = [n for n in through if all(n not in spread(after, ["start"], {o}) for o in through)]
    inside = spread(after, after[opener], {join})
    entering = {a for a, those in after.items() for b in those if b in inside | {join}}
    return nearest == [opener] and opener not in inside and entering <= inside | {opener}


def test_blocks_in_blocks_without_end_are_none() -> None:
    """Each block lists what is in it, so that their sizes add up to a square."""
    depth = range(400)
    parts = [d.inclusive(f"o{n}") + d.user(f"i{n}") + d.inclusive(f"j{n}") for n in depth]
    ways = [f"o{n} -> i{n} -> j{n}" for n in depth]
    inwards = " -> ".join(f"o{n}" for n in depth)
    outwards = " -> ".join(f"j{n}" for n in reversed(depth))
    drawn = scope(d.start(), *parts, d.end(), f"start -> {inwards} -> {outwards} -> end", *ways)
    blocks = inclusive_blocks(drawn)
    assert 0 < len(blocks) < len(depth)
    assert sum(len(block.reach) for block in blocks.values()) < MAX_INSIDE + 4 * len(depth)


# ---- splits ----

NESTED = (
    *(d.start(), d.parallel("p", "q", "k", "j"), d.user("a", "b", "c", "z"), d.end()),
    *(d.boundary("late", "a", duration="PT1H"), d.end("gone"), "late -> gone"),
    *("start -> p -> q -> a -> k -> j -> z -> end", "q -> b -> k", "p -> c -> j"),
)


def around(drawn: ScopeModel, element: str) -> list[tuple[str, str | None]]:
    """The splits around an element and their joins."""
    return [(split.opens, split.join) for split in splits_around(drawn, element)]


def test_the_splits_around_an_element_come_innermost_first() -> None:
    drawn = scope(*NESTED)
    assert around(drawn, "a") == [("q", "k"), ("p", "j")]
    assert around(drawn, "gone") == [("q", "k"), ("p", "j")]
    assert around(drawn, "c") == around(drawn, "q") == around(drawn, "k") == [("p", "j")]
    assert around(drawn, "z") == around(drawn, "p") == around(drawn, "j") == []
    inner, outer = splits_around(drawn, "a")
    assert list(inner.branches) == [{"a", "late", "gone"}, {"b"}]
    assert list(outer.branches) == [{"q", "a", "b", "k", "late", "gone"}, {"c"}]
    assert inner.inside < outer.inside


def test_a_task_with_several_flows_splits_and_a_choice_does_not() -> None:
    drawn = scope(
        *(d.start(), d.user("a", "b", "c"), d.exclusive("x", default="b"), d.end()),
        *("start -> x -> b -> end", "x -> a if v", "a -> b", "a -> c -> end"),
    )
    assert around(drawn, "c") == [("a", None)]
    assert around(drawn, "b") == [("a", None)]  # where the ways meet, nobody waits for nobody
    assert around(drawn, "a") == []


def test_ways_that_never_meet_have_no_join() -> None:
    drawn = scope(d.start(), d.parallel("p"), d.end("a", "b"), "start -> p -> a", "p -> b")
    assert around(drawn, "a") == [("p", None)]
    [split] = splits_around(drawn, "a")
    assert list(split.branches) == [{"a"}, {"b"}]
