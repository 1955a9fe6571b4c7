"""The token game inside activities: loops, data objects, called processes."""

from tests.support import diagrams as d
from tests.support.playing import do, game, stuck, tasks

# ---- loops ----


def test_parallel_items_collect_and_may_end_early() -> None:
    loop = d.each("xs", "x", into="ys", result="y", until="numberOfCompletedInstances == 2")
    played = game(d.start(), d.user("a", loop=loop), d.user("z"), "start -> a -> z", xs=[5, 6, 7])
    assert tasks(played) == ["a", "a", "a"]
    runs = played.workers("task", "a")
    assert [run.own for run in runs] == [{"loopCounter": n, "x": n + 4} for n in (1, 2, 3)]
    played.complete_work(runs[2], {"y": 30})
    played.complete_work(runs[0], {"y": 10})
    assert (tasks(played), played.root.own["ys"]) == (["z"], [10, 30])


def test_sequential_items_and_none() -> None:
    parts = (
        d.start(),
        d.user("a", loop=d.each("xs", "x", into="ys", result="y", sequential=True)),
        d.user("z"),
        "start -> a -> z",
    )
    assert tasks(game(*parts, xs=[])) == ["z"]
    played = game(*parts, xs=[1, 2])
    do(played, "a", "a", y=4)
    assert (tasks(played), played.root.own["ys"]) == (["z"], [4, 4])


def test_standard_loops() -> None:
    after = (
        d.start(),
        d.user("a", loop=d.again("x < 2", maximum=3)),
        d.user("z"),
        "start -> a -> z",
    )
    assert tasks(do(game(*after, x=5), "a")) == ["z"]
    assert tasks(do(game(*after, x=0), "a", "a", "a")) == ["z"]
    before = (
        d.start(),
        d.user("a", loop=d.again("x < 2", first=True)),
        d.user("z"),
        "start -> a -> z",
    )
    assert tasks(game(*before, x=2)) == ["z"]
    counted = d.user("a", loop=d.again("loopCounter < 1", first=True))
    assert tasks(do(game(d.start(), counted, d.user("z"), "start -> a -> z"), "a")) == ["z"]
    capped = d.user("a", loop=d.again("x < 2"), maximum=2)
    assert stuck(do(game(d.start(), capped, "start -> a", x=0), "a", "a")) == ["a"]


def test_a_run_of_a_subprocess_leaves_its_data_object() -> None:
    inside = d.subprocess(
        "sub",
        d.data("y"),
        d.start("s"),
        d.user("a"),
        "s -> a",
        loop=d.each("xs", "x", into="ys", result="y"),
    )
    played = game(d.start(), inside, d.user("z"), "start -> sub -> z", xs=[1, 2], y=0)
    for y, run in zip((8, 9), played.workers("task", "a"), strict=True):
        played.complete_work(run, {"y": y})
    assert (tasks(played), played.root.own) == (["z"], {"xs": [1, 2], "y": 0, "ys": [8, 9]})


def test_boundaries_belong_to_all_items() -> None:
    played = game(
        d.start(),
        d.user("a", loop=d.times(3)),
        d.boundary("m", "a", message="M"),
        d.user("b"),
        "start -> a",
        "m -> b",
    )
    played.send("M", {}, "K")
    assert tasks(played) == ["b"]


# ---- variables ----


def test_data_objects_are_a_subprocess_own() -> None:
    played = game(
        d.start(),
        d.subprocess("sub", d.data("v"), d.start("s"), d.user("a"), "s -> a"),
        d.user("z"),
        "start -> sub -> z",
        v=1,
    )
    do(played, "a", v=2, w=3)
    assert played.root.own == {"v": 1, "w": 3}


def test_a_called_process_is_a_wall() -> None:
    called = d.process(d.start(), d.user("a"), "start -> a", key="q")
    played = game(
        d.start(), d.call("c", "q"), d.user("z"), "start -> c -> z", called={"q": called}, v=1
    )
    do(played, "a", w=3)
    assert (tasks(played), played.root.own) == (["z"], {"v": 1, "w": 3})
    mapped = d.call("c", "q", ins={"v": "u"}, outs={"w": "x"})
    played = game(d.start(), mapped, d.user("z"), "start -> c -> z", called={"q": called}, v=1)
    do(played, "a", w=3)
    assert played.root.own == {"v": 1, "x": 3}
