"""The token game on small diagrams whose answers stand in docs/reference/bpmn-coverage.md."""

from collections import Counter

from tests.support import diagrams as d
from tests.support.playing import do, game, stuck, tasks

# ---- gateways and flows ----


def test_implicit_split_and_merge() -> None:
    played = game(
        d.start(),
        d.user("a", "b", "c"),
        d.user("z"),
        d.end(),
        "start -> a -> b",
        "a -> c",
        "b -> z -> end",
        "c -> z",
    )
    assert tasks(do(played, "a")) == ["b", "c"]
    assert tasks(do(played, "b", "c")) == ["z", "z"]


def test_conditional_flows_of_an_activity() -> None:
    parts = (
        d.start(),
        d.element("userTask", "a", default="a_to_e"),
        d.user("b", "c", "e"),
        "start -> a",
        "a -> b if x > 1",
        "a -> c",
        "a -> e",
    )
    assert tasks(do(game(*parts, x=2), "a")) == ["b", "c"]
    assert tasks(do(game(*parts, x=1), "a")) == ["c", "e"]


def test_no_flow_gets_a_token() -> None:
    played = game(
        d.start(), d.user("a", "b", "c"), "start -> a", "a -> b if x > 1", "a -> c if x > 2"
    )
    played.change({"x": 0})
    assert stuck(do(played, "a")) == ["a"]


def test_parallel_join_counts_each_flow() -> None:
    played = game(
        d.start(),
        d.parallel("split", "join"),
        d.user("a", "b", "z"),
        d.exclusive("again", default="join"),
        "start -> split -> a -> again -> join",
        "again -> a if x == 1",
        "split -> b -> join -> z",
        x=0,
    )
    assert tasks(do(played, "a")) == ["b"]
    assert tasks(do(played, "b")) == ["z"]


def test_a_join_whose_token_cannot_come() -> None:
    played = game(
        d.start(),
        d.parallel("split", "join"),
        d.user("a", "b"),
        d.end("early"),
        "start -> split -> a -> join",
        "split -> b -> early",
        d.user("never"),
        "never -> join",
    )
    assert stuck(do(played, "a", "b")) == ["join"]


INCLUSIVE = (
    d.start(),
    d.inclusive("split", default="c"),
    d.user("a", "b", "c", "z"),
    d.inclusive("join"),
    "start -> split",
    "split -> a if x > 0",
    "split -> b if x > 1",
    "split -> c",
    "a -> join",
    "b -> join",
    "c -> join -> z",
)


def test_inclusive_join_waits_for_what_can_come() -> None:
    assert tasks(do(game(*INCLUSIVE, x=0), "c")) == ["z"]
    assert tasks(do(game(*INCLUSIVE, x=1), "a")) == ["z"]
    played = do(game(*INCLUSIVE, x=2), "b")
    assert tasks(played) == ["a"]
    assert tasks(do(played, "a")) == ["z"]


def test_a_token_that_can_reach_a_flow_that_brought_one_does_not_count() -> None:
    """Both branches may still go round to either flow."""
    played = game(
        d.start(),
        d.parallel("split"),
        d.user("a", "b", "z"),
        d.exclusive("way", default="join"),
        d.inclusive("join"),
        "start -> split -> a -> way -> join -> z",
        "split -> b -> join",
        "way -> b if x == 1",
        x=1,
    )
    assert tasks(do(played, "a")) == ["b", "b"]
    played.complete_work(played.workers("task", "b")[0], {})
    assert tasks(played) == ["b", "z"]


def test_event_gateway() -> None:
    played = game(
        d.start(),
        d.event_gateway("first"),
        d.catch("m", message="M"),
        d.catch("t", duration="PT5M"),
        d.user("a", "b"),
        "start -> first -> m -> a",
        "first -> t -> b",
    )
    assert played.subscriptions() == Counter({("m", "message", "M"): 1})
    assert played.timers() == Counter({("t", 5): 1})
    assert played.send("M", {"x": 7}, None)
    assert (tasks(played), played.timers(), played.root.own["x"]) == (["a"], Counter(), 7)


# ---- events ----


def test_boundary_that_does_not_interrupt_happens_each_time() -> None:
    played = game(
        d.start(),
        d.user("a", "b", "z"),
        d.boundary("m", "a", interrupting=False, message="M"),
        d.boundary("t", "a", interrupting=False, cycle="R2/PT10M"),
        "start -> a -> z",
        "m -> b",
        "t -> b",
    )
    for _ in range(2):
        played.send("M", {}, "K")
    assert tasks(played) == ["a", "b", "b"]
    fired = []
    while (due := played.next_due()) is not None:
        played.now = due
        fired.append((due, played.fire()))
    assert fired == [(10, 1), (20, 1)]
    assert tasks(do(played, "a")) == ["b", "b", "b", "b", "z"]


def test_interrupting_boundary_of_a_subprocess() -> None:
    played = game(
        d.start(),
        d.subprocess("sub", d.start("s"), d.user("a"), d.job("j"), "s -> a", "s -> j"),
        d.boundary("e", "sub", error="E1"),
        d.boundary("every", "sub", error=""),
        d.user("b", "c"),
        "start -> sub",
        "e -> b",
        "every -> c",
    )
    (job,) = played.workers("job", "j")
    played.fail_job(job, "E1")
    assert (tasks(played), played.open("job")) == (["b"], Counter())


def test_conditional_boundary_needs_a_change() -> None:
    played = game(
        d.start(),
        d.user("a", "b"),
        d.boundary("c", "a", interrupting=False, condition="x > 1"),
        "start -> a",
        "c -> b",
    )
    assert tasks(played) == ["a"]  # without x it is not true
    for x in (2, 3, 0, 2):
        played.change({"x": x})
    assert tasks(played) == ["a", "b", "b"]


def test_escalation_is_taken_once_and_the_thrower_goes_on() -> None:
    played = game(
        d.start(),
        d.subprocess(
            "sub",
            d.start("s"),
            d.throw("t", escalation="X"),
            d.user("a"),
            d.end("e", escalation="Y"),
            "s -> t -> a -> e",
            d.event_subprocess(
                "es",
                d.start("es_s", interrupting=False, escalation="X"),
                d.user("b"),
                "es_s -> b",
            ),
        ),
        d.boundary("y", "sub", escalation=""),
        d.user("c", "z"),
        "start -> sub -> z",
        "y -> c",
    )
    assert tasks(played) == ["a", "b"]
    assert tasks(do(played, "a")) == ["c"]


def test_error_in_an_event_subprocess_is_not_taken_beside_it() -> None:
    played = game(
        d.start(),
        d.subprocess(
            "sub",
            d.start("s"),
            d.user("a"),
            "s -> a",
            d.event_subprocess("es", d.start("q", signal="S"), d.end("e", error="E1"), "q -> e"),
            d.event_subprocess("er", d.start("q2", error="E1"), d.user("never"), "q2 -> never"),
        ),
        d.boundary("b", "sub", error="E1"),
        d.user("z"),
        "start -> sub",
        "b -> z",
    )
    assert played.broadcast("S", {}) == 1
    assert tasks(played) == ["z"]


def test_interrupting_event_subprocess_ends_its_scope() -> None:
    played = game(
        d.start(),
        d.subprocess(
            "sub",
            d.start("s"),
            d.user("a"),
            "s -> a",
            d.event_subprocess("es", d.start("q", message="M"), d.user("b"), "q -> b"),
            d.event_subprocess("other", d.start("o", signal="S"), d.user("c"), "o -> c"),
        ),
        d.user("z"),
        "start -> sub -> z",
    )
    played.send("M", {}, "K")
    assert (tasks(played), played.subscriptions()) == (["b"], Counter())
    assert tasks(do(played, "b")) == ["z"]


def test_messages_reach_the_oldest_and_come_back_as_incidents() -> None:
    played = game(
        d.start(),
        d.parallel("split"),
        d.receive("r", message="M"),
        d.user("a", "b"),
        d.throw("t", message="M", parameters={"x": "= y"}),
        d.end(),
        "start -> split -> r -> b",
        "split -> a -> t -> end",
        y=3,
    )
    do(played, "a")
    assert (tasks(played), played.root.own["x"]) == (["b"], 3)
    lonely = game(d.start(), d.end("e", message="M"), "start -> e")
    assert stuck(lonely) == ["e"]
    optional = game(d.start(), d.end("e", message="M", optional="true"), "start -> e")
    assert optional.completed


def test_links_and_signals() -> None:
    played = game(
        d.start(),
        d.parallel("split"),
        d.catch("c", signal="S"),
        d.throw("go", link="L"),
        d.catch("on", link="L"),
        d.throw("s", signal="S"),
        d.user("a", "b"),
        "start -> split -> c -> a",
        "split -> go",
        "on -> s -> b",
    )
    assert tasks(played) == ["a", "b"]


def test_terminate_ends_its_scope_alone() -> None:
    played = game(
        d.start(),
        d.subprocess(
            "sub", d.start("s"), d.user("a", "b"), d.terminate("t"), "s -> a -> t", "s -> b"
        ),
        d.user("c"),
        "start -> sub -> c",
    )
    assert tasks(do(played, "a")) == ["c"]
