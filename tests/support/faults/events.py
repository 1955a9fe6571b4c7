"""What events can get wrong."""

from tests.support import diagrams as d
from tests.support.faults.shapes import Fault, beside, ended, guarded, line, started, task

TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
WRONG = "<{0}EventDefinition {0}Ref='x'/>"
BLANK = "<conditionalEventDefinition><condition> </condition></conditionalEventDefinition>"
SHARED = "<eventDefinitionRef>nowhere</eventDefinitionRef>"
HANDLER = (d.start("s", message="m"), d.end("e"), "s -> e")


def handler(*parts: str, **attributes: str) -> tuple[str, ...]:
    """A line with the event subprocess `h` beside it."""
    return (*line(d.user("a")), d.event_subprocess("h", *parts, **attributes))


ERRORS: list[Fault] = [
    # definitions that cannot be executed
    *(
        ("not-supported", "start", started(f"<{kind}EventDefinition/>"))
        for kind in ("error", "escalation", "conditional", "compensate", "cancel")
    ),
    *(
        ("not-supported", "end", ended(events))
        for events in (
            *("<compensateEventDefinition/>", "<cancelEventDefinition/>"),
            "<terminateEventDefinition/><errorEventDefinition/>",
        )
    ),
    ("not-supported", "a", task("intermediateThrowEvent", "<compensateEventDefinition/>")),
    ("not-supported", "b", guarded("<compensateEventDefinition/>")),
    ("not-supported", "b", guarded("<cancelEventDefinition/>")),
    ("not-supported", "b", guarded(TIMER + TIMER)),
    ("not-supported", "a", task("intermediateCatchEvent", TIMER, parallelMultiple="true")),
    (
        "not-supported",
        "s",
        beside('<startEvent id="s"><compensateEventDefinition/></startEvent>'),
    ),
    # definitions that have no place there
    ("event-definition", "a", task("intermediateCatchEvent")),
    ("event-definition", "a", task("intermediateCatchEvent", SHARED)),
    ("event-definition", "b", guarded("")),
    ("event-definition", "a", task("intermediateCatchEvent", "<errorEventDefinition/>")),
    ("event-definition", "a", task("intermediateThrowEvent", TIMER)),
    ("event-definition", "end", ended(TIMER)),
    ("event-definition", "start", started("<terminateEventDefinition/>")),
    # what an event names or says
    ("message", "a", task("intermediateCatchEvent", "<messageEventDefinition/>")),
    ("message", "start", started(WRONG.format("message"))),
    ("message", "end", ended("<messageEventDefinition/>")),
    ("message", "a", task("receiveTask")),
    ("message", "a", task("sendTask", messageRef="x")),
    ("signal", "a", task("intermediateThrowEvent", "<signalEventDefinition/>")),
    ("signal", "b", guarded(WRONG.format("signal"))),
    ("error-code", "b", guarded(WRONG.format("error"))),
    ("error-code", "end", ended("<errorEventDefinition/>")),
    ("escalation-code", "b", guarded(WRONG.format("escalation"))),
    ("escalation-code", "end", ended("<escalationEventDefinition/>")),
    ("condition", "a", task("intermediateCatchEvent", "<conditionalEventDefinition/>")),
    (
        "condition",
        "b",
        guarded(
            "<conditionalEventDefinition><condition> </condition></conditionalEventDefinition>"
        ),
    ),
    ("error-interrupts", "b", guarded("<errorEventDefinition/>", cancelActivity="false")),
    (
        "error-interrupts",
        "s",
        handler(d.start("s", error="", interrupting=False), d.end("e"), "s -> e"),
    ),
    *(
        ("timer", "a", line(d.catch("a", duration=text)))
        for text in ("2h", '"PT2H"', "P99Y", "-P1D")
    ),
    *(("timer", "a", line(d.catch("a", date=text))) for text in ("soon", "2030-13-01T00:00:00")),
    *(
        ("timer", "start", (d.start(cycle=text), d.end(), "start -> end"))
        for text in ("PT10M", "R3", "R9999/PT1H", "R/PT0.1S", "R0/PT1H", "R3/PT1H/PT1H")
    ),
    ("timer", "a", task("intermediateCatchEvent", "<timerEventDefinition/>")),
    ("timer", "start", (d.start(duration="= pause"), d.end(), "start -> end")),
    # links
    ("link", "a", task("intermediateThrowEvent", "<linkEventDefinition/>")),
    ("link", "a", (d.start(), d.throw("a", link="L"), "start -> a")),
    (
        "link",
        "a",
        (
            d.start(),
            d.throw("a", link="L"),
            "start -> a",
            d.subprocess("sub", d.start("s"), d.catch("c", link="L"), d.end("e"), "c -> e"),
        ),
    ),
    (
        "link",
        "c2",
        (
            d.start(),
            d.throw("a", link="L"),
            "start -> a",
            d.catch("c1", link="L"),
            d.catch("c2", link="L"),
        ),
    ),
    # where things start
    ("no-start", "p", (d.user("a"), d.end(), "a -> end")),
    ("several-starts", "s2", (d.start(), d.start("s2"), d.end(), "start -> end", "s2 -> end")),
    *(
        ("subprocess-start", "s", line(d.subprocess("a", begin, d.end("e"))))
        for begin in (
            *(d.start("s", duration="PT1H"), d.start("s", message="m")),
            *(d.start("s", error="E"), d.start("s", condition="v")),
        )
    ),
    *(
        ("trigger-twice", "p", (*begin, d.end(), "start -> end", "b -> end"))
        for begin in (
            (d.start(message="m"), d.start("b", message="m")),
            (d.start(signal="s"), d.start("b", signal="s")),
        )
    ),
    ("event-subprocess", "h", (*handler(*HANDLER), "a -> h")),
    ("event-subprocess", "h", (*handler(*HANDLER), "h -> end")),
    ("event-subprocess", "h", handler(d.start("s"), d.end("e"), "s -> e")),
    ("event-subprocess", "h", handler(d.user("u"))),
    ("event-subprocess", "h", handler(*HANDLER, d.start("s2", message="n"), "s2 -> e")),
    ("event-subprocess", "h", handler(*HANDLER, d.times(3))),
    # event-based gateways
    ("event-gateway", "a", (d.start(), d.event_gateway("a"))),
    *(
        (
            "event-gateway",
            "c",
            (
                *(d.start(), d.event_gateway("a"), target, d.end(), "start -> a -> c -> end"),
                *more,
            ),
        )
        for target, more in (
            (d.user("c"), ()),
            (d.throw("c", message="m"), ()),
            (d.catch("c", link="L"), ()),
            (d.exclusive("c"), ()),
            (d.catch("c", message="m"), (d.user("u"), "u -> c")),
            (d.receive("c", "m"), (d.boundary("b", "c", duration="PT1H"), "b -> end")),
            (d.receive("c", "m", loop=d.times(2)), ()),
        )
    ),
]

WARNINGS: list[Fault] = [
    ("never-fires", "b", guarded(TIMER, d.function("a", "lots.hold"))),
    ("never-fires", "b", guarded(TIMER, d.send("a", message="m"))),
    ("never-fires", "b", guarded("<errorEventDefinition/>", d.user("a"))),
    ("never-fires", "b", guarded("<escalationEventDefinition/>", d.job("a"))),
    (
        "never-fires",
        "b",
        (
            *line(d.job("a")),
            d.boundary("first", "a", error="E"),
            d.boundary("b", "a", error="E"),
            "first -> end",
            "b -> end",
        ),
    ),
]
