"""Reading events: what each waits for or does, and the links between them."""

from decimal import Decimal

import pytest

from engine.workflow.definition.model import Event, Node, ProcessModel
from engine.workflow.definition.reading.dialect import read_bpmn
from tests.support import diagrams as d


def model(*parts: str) -> ProcessModel:
    """The one process of these parts."""
    return read_bpmn(d.process(*parts, key="plant")).processes[0]


def event(part: str, name: str = "e") -> Event:
    """The event of the element `e`."""
    found = model(d.job("host"), part).nodes[name].event
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("part", "read"),
    [
        (d.start("e"), Event("none")),
        (d.start("e", message="m"), Event("message", name="m")),
        (d.start("e", signal="s"), Event("signal", name="s")),
        (d.catch("e", message="m"), Event("message", name="m")),
        (d.catch("e", signal="s"), Event("signal", name="s")),
        (d.catch("e", link="L"), Event("link", name="L")),
        (d.throw("e"), Event("none")),
        (d.throw("e", message="m"), Event("message", name="m")),
        (d.throw("e", signal="s"), Event("signal", name="s")),
        (d.throw("e", escalation="E"), Event("escalation", code="E")),
        (d.end("e"), Event("none")),
        (d.end("e", message="m"), Event("message", name="m")),
        (d.end("e", signal="s"), Event("signal", name="s")),
        (d.end("e", error="E"), Event("error", code="E")),
        (d.end("e", escalation="E"), Event("escalation", code="E")),
        (d.terminate("e"), Event("terminate")),
        (d.send("e", message="m"), Event("message", name="m")),
        (d.receive("e", message="m"), Event("message", name="m")),
        (d.boundary("e", "host", message="m"), Event("message", name="m")),
        (d.boundary("e", "host", error="E"), Event("error", code="E")),
        (d.boundary("e", "host", error=""), Event("error")),
        (d.boundary("e", "host", escalation=""), Event("escalation")),
        (
            d.boundary("e", "host", interrupting=False, signal="s"),
            Event("signal", name="s", interrupting=False),
        ),
        (
            d.boundary("e", "host", interrupting=False, escalation="E"),
            Event("escalation", code="E", interrupting=False),
        ),
        (
            d.event_subprocess("h", d.start("e", interrupting=False, message="m")),
            Event("message", name="m", interrupting=False),
        ),
        (d.event_subprocess("h", d.start("e", error="")), Event("error")),
        (d.event_subprocess("h", d.start("e", escalation="E")), Event("escalation", code="E")),
    ],
)
def test_an_event_says_what_it_waits_for_or_does(part: str, read: Event) -> None:
    assert event(part) == read


@pytest.mark.parametrize(
    "part",
    [
        d.catch("e", condition="heat > 80"),
        d.boundary("e", "host", condition="${heat > 80}"),
        d.event_subprocess("h", d.start("e", condition="= heat > 80")),
    ],
)
def test_a_conditional_event_has_its_condition(part: str) -> None:
    found = event(part)
    assert (found.kind, found.interrupting) == ("conditional", True)
    assert found.condition is not None
    assert found.condition.condition({"heat": Decimal(81)})


@pytest.mark.parametrize("kind", ["date", "duration", "cycle"])
def test_a_timer_has_its_kind_and_text(kind: str) -> None:
    text = {"date": "2030-01-31T06:00:00Z", "duration": "PT2H", "cycle": "R3/PT10M"}[kind]
    found = event(d.boundary("e", "host", interrupting=False, **{kind: text}))
    assert found.timer is not None
    assert (found.kind, found.timer.kind, found.timer.value.text) == ("timer", kind, text)
    assert not found.interrupting


def test_events_may_share_a_definition() -> None:
    shared = (
        '<signal id="s" name="go"/><signalEventDefinition id="sed" signalRef="s"/>'
        '<timerEventDefinition id="ted"><timeDuration>PT1H</timeDuration></timerEventDefinition>'
    )
    both = "<eventDefinitionRef>x:{}</eventDefinitionRef>"
    process = d.executable(
        d.element("intermediateCatchEvent", "e", both.format("sed")),
        d.element("intermediateCatchEvent", "f", both.format("sed")),
        d.element("intermediateCatchEvent", "t", both.format("ted")),
        key="plant",
    )
    nodes = read_bpmn(d.document(shared, process)).processes[0].nodes
    assert nodes["e"].event == nodes["f"].event == Event("signal", name="go")
    assert nodes["t"].event is not None
    assert nodes["t"].event.timer is not None


def test_a_send_task_for_a_worker_throws_nothing() -> None:
    node = model(d.send("a", topic="mail")).nodes["a"]
    assert (node.event, node.work.topic) == (None, "mail")


def test_what_a_message_carries_and_by_which_key() -> None:
    nodes = model(
        d.throw("t", message="m", correlation="= lot", parameters={"qty": "= 2 * n"}),
        d.end("e", message="m", optional="true"),
        d.catch("c", message="m", correlation="L-7"),
        d.send("s", message="m", optional="true", parameters={"a": "1"}),
        d.receive("r", message="m", correlation="= lot"),
    ).nodes
    key = nodes["t"].work.correlation
    assert key is not None
    assert key.resolve({"lot": "L-9"}) == "L-9"
    assert [name for name, _ in nodes["t"].work.parameters] == ["qty"]
    assert nodes["t"].work.parameters[0][1].resolve({"n": Decimal(4)}) == 8
    assert (nodes["e"].work.optional, nodes["t"].work.optional) == (True, False)
    fixed = nodes["c"].work.correlation
    assert fixed is not None
    assert fixed.resolve({}) == "L-7"
    assert nodes["s"].work.optional
    assert nodes["r"].work.correlation is not None


def test_working_calendars_of_timers_and_tasks() -> None:
    nodes = model(
        d.catch("c", duration="P1D", calendar="day shift"), d.user("u", due="P1D", calendar="day")
    ).nodes
    assert (nodes["c"].work.calendar, nodes["u"].work.calendar) == ("day shift", "day")


def test_an_event_subprocess_is_a_scope_that_its_event_starts() -> None:
    process = model(
        d.start(), d.end(), "start -> end", d.event_subprocess("h", d.start("s", message="m"))
    )
    assert process.nodes["h"].triggered
    assert [node.id for node in process.root.handlers] == ["h"]
    assert process.scopes["h"].parent == "plant"
    assert process.plain_start is process.nodes["start"]


# ---- links ----


def links(*parts: str) -> dict[str, Node]:
    """The nodes of a process with links."""
    return dict(model(d.start(), d.end(), "start -> t", "c -> end", *parts).nodes)


def test_a_link_is_a_flow_from_what_throws_to_what_catches() -> None:
    nodes = links(d.throw("t", link="L"), d.catch("c", link="L"))
    [flow] = nodes["t"].outgoing
    assert (flow.id, flow.source, flow.target, flow.condition) == ("t#link", "t", "c", None)
    assert nodes["c"].incoming == ("t#link",)


def test_several_throw_to_one_and_names_of_another_level_do_not_count() -> None:
    inner = d.subprocess("sub", d.throw("t", link="L"), d.catch("c", link="L"), d.end("e"))
    nodes = model(inner, d.throw("u", "v", link="M"), d.catch("w", link="M")).nodes
    assert nodes["c"].incoming == ("t#link",)
    assert nodes["w"].incoming == ("u#link", "v#link")


def test_a_link_may_have_its_name_on_the_event() -> None:
    link = "<linkEventDefinition/>"
    nodes = links(
        d.element("intermediateThrowEvent", "t", link, name="To page 2"),
        d.element("intermediateCatchEvent", "c", link, name="To page 2"),
    )
    assert [flow.target for flow in nodes["t"].outgoing] == ["c"]
