"""Every finding a diagram can get: severity, rule, element, and a cure to each."""

import pytest

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.definition.lint import Known, lint, refused
from engine.workflow.definition.model import Finding
from tests.support import diagrams as d
from tests.support.faults import ERRORS, WARNINGS
from tests.support.faults.bundles import BUNDLES, NUMBER_FORM

KNOWN = Known(
    frozenset({("process", "released")}),
    frozenset({"lots.hold"}),
    frozenset({"day shift"}),
    frozenset({"LATHE-1"}),
)


def findings(diagram: bytes, **files: bytes) -> list[Finding]:
    """What a bundle is told; a file `x_dmn` is `x.dmn`, `x_form` is `x.form.json`."""
    ends = {"dmn": ".dmn", "form": ".form.json", "bpmn": ".bpmn"}
    named = {k.rpartition("_")[0] + ends[k.rpartition("_")[2]]: v for k, v in files.items()}
    return list(lint(read_bundle("main.bpmn", {"main.bpmn": diagram, **named}, ROLES), KNOWN))


@pytest.mark.parametrize(("rule", "element", "parts"), ERRORS)
def test_what_cannot_run_as_drawn_is_an_error(
    rule: str, element: str, parts: tuple[str, ...]
) -> None:
    found = [f for f in findings(d.process(*parts)) if f.rule == rule and f.element == element]
    assert [f.severity for f in found][:1] == ["error"]
    assert all(f.message.endswith((".", "?")) and f.cure for f in found)


@pytest.mark.parametrize(("rule", "element", "parts"), WARNINGS)
def test_everything_else_is_a_warning(rule: str, element: str, parts: tuple[str, ...]) -> None:
    found = [f for f in findings(d.process(*parts)) if f.rule == rule and f.element == element]
    assert [f.severity for f in found][:1] == ["warning"]
    assert all(f.message.endswith(".") and f.cure for f in found)


# ---- what only a whole bundle shows ----


@pytest.mark.parametrize(("rule", "element", "diagram", "files"), BUNDLES)
def test_what_is_wrong_with_a_bundle(
    rule: str, element: str, diagram: bytes, files: dict[str, bytes]
) -> None:
    found = [f for f in findings(diagram, **files) if f.rule == rule]
    assert (found[0].severity, found[0].element) == ("error", element)
    assert all(f.message and f.cure for f in found)


def test_a_process_that_is_not_executable_is_only_shown() -> None:
    shown = d.executable(d.start("s"), key="shown").replace(' isExecutable="true"', "")
    runs = d.executable(d.start(), d.end(), "start -> end", key="p")
    found = findings(d.document(runs, shown))
    assert ("warning", "executable", "shown") in {(f.severity, f.rule, f.element) for f in found}
    assert not refused(tuple(found))


def test_a_single_process_that_does_not_say_so_is_taken_for_executable() -> None:
    silent = d.process(d.start(), d.end(), "start -> end").replace(b' isExecutable="true"', b"")
    assert [f.rule for f in findings(silent)] == ["executable"]


def test_a_clean_diagram_has_no_findings() -> None:
    clean = d.process(
        d.lanes(operator=["turn"]),
        d.start(),
        d.user("turn", name="Turn shaft", form="inspect", maximum=3, priority="90", due="PT2H"),
        d.boundary("late", "turn", duration="PT8H"),
        d.exclusive("good", default="end", name="Diameter within limits?"),
        d.job(
            "treat", name="Heat", retries="5", equipment="LATHE-1", parameters={"c": "= celsius"}
        ),
        d.boundary("broken", "treat", error="E1"),
        d.function("hold", "lots.hold"),
        d.call("review", "released", ins={"lot": "lot"}),
        d.end("end", "given_up"),
        "start -> turn -> good -> end",
        "good -> treat if diameter > 25.1 and not held",
        "treat -> hold -> review -> turn",
        "late -> given_up",
        "broken -> given_up",
    )
    assert findings(clean, inspect_form=NUMBER_FORM) == []
