"""What flows, conditions and joins can get wrong."""

from tests.support import diagrams as d
from tests.support.faults.shapes import TWO, Fault, asked, choosing, line

AND = (d.parallel("j"), d.end(), "start -> x", "j -> end")


def joined(split: str, *flows: str) -> tuple[str, ...]:
    """start, something called x that splits, and the parallel join j."""
    return (d.start(), split, *AND, *flows)


ERRORS: list[Fault] = [
    ("flow-direction", "start", (*line(d.user("a")), "a -> start")),
    ("flow-direction", "end", (*line(d.user("a", "b")), "end -> b")),
    (
        "flow-direction",
        "late",
        (
            *line(d.user("a", "b")),
            d.boundary("late", "a", duration="PT1H"),
            "late -> end",
            "b -> late",
        ),
    ),
    (
        "flow-direction",
        "c",
        (*line(d.user("a")), d.throw("t", link="L"), d.catch("c", link="L"), "a -> c -> end"),
    ),
    (
        "flow-direction",
        "a",
        (*line(d.throw("a", link="L")), d.catch("c", link="L"), "c -> end"),
    ),
    *(
        ("conditional-flow", "a_to_end", (d.start(), part, d.end(), "start -> a", "a -> end if v"))
        for part in (d.user("a"), d.throw("a"), d.parallel("a"), d.event_gateway("a"))
    ),
    ("default-flow", "x", choosing(*TWO, default="nowhere")),
    (
        "default-flow",
        "a",
        (*line(d.element("userTask", "a", default="start_to_a"), d.user("b")), "a -> b -> end"),
    ),
    ("gateway-condition", "x_to_a", choosing(*TWO)),
    (
        "gateway-condition",
        "x_to_a",
        (d.start(), d.inclusive("x"), d.end("a", "b"), *TWO),
    ),
    # joins
    (
        "inclusive-block",
        "j",
        (
            d.start(),
            d.start("other", message="m"),
            d.inclusive("j"),
            d.end(),
            "start -> j -> end",
            "other -> j",
        ),
    ),
    (
        "inclusive-block",
        "j",
        (
            *(d.start(), d.parallel("p"), d.exclusive("x", default="back"), d.user("a", "back")),
            *(d.inclusive("j"), d.end(), "start -> p -> x -> back -> p", "p -> a -> j -> end"),
            "x -> j if v",
        ),
    ),
    (
        "inclusive-block",
        "j",
        (
            *(d.start(), d.user("a"), d.boundary("b", "a", duration="PT1H"), d.inclusive("j")),
            *(d.end(), "start -> a -> j -> end", "b -> j"),
        ),
    ),
    (
        "join-never-fires",
        "j",
        joined(
            d.exclusive("x", default="a"),
            d.user("a", "b"),
            "x -> a -> j",
            "x -> b if v > 1",
            "b -> j",
        ),
    ),
    ("join-never-fires", "j", joined(d.exclusive("x"), d.user("a"), "x -> j", "a -> j")),
    (
        "join-never-fires",
        "j",
        joined(
            d.event_gateway("x"),
            d.catch("m", message="m"),
            d.catch("t", duration="PT1H"),
            "x -> m -> j",
            "x -> t -> j",
        ),
    ),
    (
        "join-never-fires",
        "j",
        joined(d.user("x"), d.boundary("late", "x", duration="PT1H"), "x -> j", "late -> j"),
    ),
    (
        "join-never-fires",
        "j",
        joined(
            d.parallel("x"),
            d.user("a"),
            d.exclusive("y", default="b"),
            d.user("b", "c"),
            "x -> a -> j",
            "x -> y -> b -> j",
            "y -> c if v > 1",
            "c -> j",
        ),
    ),
    (
        "loop-into-join",
        "j",
        (
            *(d.start(), d.parallel("j"), d.user("a"), d.exclusive("x", default="end")),
            *(d.end(), "start -> j -> a -> x -> end", "x -> j if v"),
        ),
    ),
    ("loop-into-join", "j", joined(d.user("x"), "x -> j -> j")),
]

WARNINGS: list[Fault] = [
    ("no-default", "x", choosing("start -> x", "x -> a if v > 1", "x -> b if v < 1")),
    ("no-default", "x", choosing("start -> x", "x -> a if v > 1")),
    (
        "no-default",
        "a",
        (*(d.start(), d.user("a"), d.end("b", "c")), "start -> a", "a -> b if v", "a -> c if w"),
    ),
    ("default-condition", "x_to_b", choosing(*TWO, default="b")),
    ("missing-label", "x", choosing(*TWO, default="a")),
    ("unreachable", "b", (*line(d.user("a", "b")), "b -> end")),
    ("dead-end", "a", (d.start(), d.user("a"), d.end(), "start -> a")),
    ("no-end", "p", (d.start(), d.user("a"), "start -> a")),
    ("loop-without-cap", "a", (*line(d.user("a")), d.exclusive("x", default="a"), "a -> x -> a")),
    *(
        ("impossible-condition", "x_to_e0", asked(text))
        for text in (
            *("false", "v > 5 and v < 3", "v == 1 and v == 2", 'v == "a" and v != "a"'),
            *("v in [1, 2] and v > 2", "not (v == null or v != null)", "w and not w"),
            'v < "a" and v >= "a"',
        )
    ),
    *(
        ("covered-condition", "x_to_e1", asked(*texts))
        for texts in (
            *(("true", "v > 1"), ("v > 1", "v > 2"), ("v != 1", "v == 2")),
            *(
                ('v in ["a", "b"]', 'v == "a"'),
                ("v > 1 or w == 2", "v == 3"),
                ("w", "w"),
                ('v == "a"', "v == 1"),
            ),
        )
    ),
    ("covered-condition", "x_to_e2", asked("v <= 1", "v >= 1", "v == 7")),
    *(
        ("overlapping-conditions", "x_to_e1", asked(*texts))
        for texts in (("v > 1", "v < 3"), ("v > 2", "v > 1"), ('v != "a"', 'v != "b"'))
    ),
]
