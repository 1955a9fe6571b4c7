"""The sets of other people's diagrams, when somebody has them; and what reads them, on its own."""

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from engine.workflow.definition.model import error
from tests.foreign import tables
from tests.foreign.__main__ import PAGES, fill
from tests.foreign.examining import Examined, Trial, examine
from tests.foreign.executable import made_executable
from tests.foreign.markup import BPMN, local
from tests.foreign.reading import faults, judged, left_out
from tests.foreign.rules import named_rules, rules_of
from tests.foreign.silent import dies, hangs
from tests.foreign.sources import SOURCES, files_of, given_folder
from tests.foreign.walking import STUCK, Walk, started
from tests.foreign.watching import Examiner, Work, examined
from tests.support import diagrams as d
from tests.support.plant import Plant

COVERAGE = PAGES[1]
SLICE = 250
DRAWING = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">
 <process id="p" isExecutable="false">
  <startEvent id="start"><messageEventDefinition/></startEvent>
  <exclusiveGateway id="which"/><task id="good"/><serviceTask id="bad"/>
  <intermediateCatchEvent id="later"><timerEventDefinition/></intermediateCatchEvent>
  <callActivity id="other" calledElement="elsewhere"/><endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="which"/>
  <sequenceFlow id="f2" name="yes" sourceRef="which" targetRef="good"/>
  <sequenceFlow id="f3" name="no" sourceRef="which" targetRef="bad">
   <conditionExpression>is.really(bad)</conditionExpression></sequenceFlow>
  <sequenceFlow id="f4" sourceRef="bad" targetRef="later"/>
  <sequenceFlow id="f5" sourceRef="later" targetRef="other"/>
  <sequenceFlow id="f6" sourceRef="other" targetRef="end"/>
  <sequenceFlow id="f7" sourceRef="good" targetRef="end"/>
 </process><process id="black_box"/></definitions>"""


def slices() -> list[tuple[str, int]]:
    """The sets that are there, in parts that take a minute: the folder and the first file."""
    folder = given_folder()
    if folder is None:
        return []
    sizes = {source.folder: len(files_of(folder / source.folder)) for source in SOURCES}
    return [(name, first) for name, size in sizes.items() for first in range(0, size, SLICE)]


@pytest.mark.soak
@pytest.mark.parametrize(("name", "first"), slices())
def test_every_file_is_deployed_or_refused_by_a_rule_of_the_page(name: str, first: int) -> None:
    folder = given_folder()
    assert folder is not None
    known = named_rules(COVERAGE.read_text("utf-8"))
    files = files_of(folder / name)[first : first + SLICE]
    for one in examined(folder / name, files, 2):
        assert one.faults == [], one.file
        assert rules_of(tables.every_rule(one)) <= known, one.file


# ---- made executable ----


def drawn(data: bytes) -> set[tuple[str, str, str]]:
    """Every element with what it joins: what a drawing says about the ways."""
    elements = etree.fromstring(data).iter(etree.Element)
    shapes = [e for e in elements if e.get("id") and local(e) not in ("message", "definitions")]
    return {(e.get("id", ""), e.get("sourceRef", ""), e.get("targetRef", "")) for e in shapes}


def test_what_is_added_makes_it_run_and_leaves_the_ways_alone() -> None:
    (made,) = made_executable(DRAWING)
    assert made.added == {
        "executable": 1,
        "condition in our language": 1,
        "default flow": 1,
        "topic": 1,
        "time": 1,
        "message name": 1,
        "called process": 1,
    }
    assert judged("main.bpmn", made.diagram, made.files).errors == ()
    assert drawn(made.diagram) == drawn(DRAWING)


def test_what_runs_already_stays_as_it_is() -> None:
    (made,) = made_executable(d.process(d.start("s"), d.user("u"), d.end("e"), "s -> u -> e"))
    assert made.added == {}


def test_each_pool_is_a_process_of_its_own() -> None:
    second = DRAWING.replace(
        b'<process id="black_box"/>', b'<process id="q"><task id="t"/></process>'
    )
    made = made_executable(second)
    marks = [
        {
            p.get("id"): p.get("isExecutable")
            for p in etree.fromstring(m.diagram).iter(f"{BPMN}process")
        }
        for m in made
    ]
    assert [m.process for m in made] == ["p", "q"]
    assert marks == [{"p": "true", "q": None}, {"p": "false", "q": "true"}]


# ---- a file from beginning to end ----


def test_a_drawing_is_refused_as_it_is_and_walked_when_it_is_made_executable() -> None:
    found = examine("set/drawing.bpmn", DRAWING, lambda _doing: None)
    assert found.as_is.rules == ["`no-executable-process` on file"]
    (trial,) = found.made
    assert trial.deployed
    assert found.faults == []
    assert trial.walks == ["completed"] * 3
    assert "startEvent: message" in found.elements


def test_what_is_no_xml_is_refused_by_name() -> None:
    found = examine("set/broken.bpmn", b"<definitions", lambda _doing: None)
    assert found.as_is.rules == ["`document` on file"]
    assert found.faults == []
    assert found.made == []


def test_a_finding_must_name_what_is_there_and_cure_it() -> None:
    files = {"main.bpmn": b'<process id="p"/>'}
    assert (
        faults([error("r", "p", "It is so.", "Do so."), error("r", "main.bpmn", "a", "b")], files)
        == []
    )
    for finding in (error("r", "", "a", "b"), error("r", "q", "a", "b"), error("r", "p", "a", " ")):
        assert faults([finding], files)


def test_an_element_that_the_model_lacks_is_found() -> None:
    drawn = d.process(d.start("s"), d.user("u"), d.end("e"), "s -> u -> e")
    bundle = judged("main.bpmn", drawn, {}).bundle
    assert left_out(bundle) == []
    model = bundle.processes["p"]
    nodes = {name: node for name, node in model.nodes.items() if name != "e"}
    less = replace(bundle, processes={"p": replace(model, nodes=nodes)})
    assert left_out(less) == ["e"]


def test_a_walk_notices_an_instance_that_nobody_can_move(plant: Plant) -> None:
    diagram = d.process(d.start("s"), d.catch("m", message="go"), d.end("e"), "s -> m -> e")
    plant.release(diagram)
    nodes = list(plant.plan("p").model.nodes.values())
    instance = started(plant, plant.plan("p").model, 1, {})
    assert instance is not None
    plant.sql("DELETE FROM subscription")
    assert Walk(plant, nodes, "1").run(instance) == STUCK
    assert Walk(plant, nodes, "1").run(plant.run_of(diagram)) == "completed"


# ---- the process that is watched ----


@pytest.mark.parametrize(("work", "told"), [(hangs, "Nothing for 0.2 s"), (dies, "died")])
def test_what_hangs_or_dies_is_noticed_and_the_next_file_examined(work: Work, told: str) -> None:
    examiner = Examiner(seconds=0.2, work=work)
    for _ in range(2):
        (fault,) = examiner.examine("x.bpmn", b"").faults
        assert told in fault
    examiner.close()


def test_a_file_is_examined_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/drawing.bpmn").write_bytes(DRAWING)
    (found,) = examined(tmp_path, files_of(tmp_path), 1)
    assert found.file == "set/drawing.bpmn"
    assert found.faults == []


# ---- tables ----


def test_the_tables_say_how_many() -> None:
    runs = Examined(
        "a.bpmn", ["task"], Trial(walks=["completed"] * 3), [Trial(walks=["completed"])]
    )
    picture = Examined(
        "b.bpmn", ["task"], Trial(rules=["`no-start` on process"]), [Trial(rules=["x"])]
    )
    crash = Examined("c.bpmn", [], Trial(faults=["Traceback"]))
    written = tables.pages({SOURCES[0]: [runs, picture, crash]})
    assert "1 of 3 (33%) | 1 of 2 (50%) | 1 of 2 (50%) | 1 |" in written["shares"]
    assert "| added |" in written["added"]
    assert "| `no-start` on process | 1 | 1 |" in written["as is"]


def test_a_table_is_put_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- shares -->\nold\n<!-- /shares -->\nb\n")
    fill(page, {"shares": "| new |", "elements": "nowhere"})
    assert page.read_text() == "a\n<!-- shares -->\n| new |\n<!-- /shares -->\nb\n"


def test_every_rule_that_refused_a_file_is_a_row_of_the_coverage_page() -> None:
    refusing = PAGES[0].read_text("utf-8").split("| refused by |")[1:]
    rows = [row for part in refusing for row in part.partition("\n\n")[0].splitlines()[2:]]
    met = rules_of({row.split("|")[1] for row in rows if row.startswith("|")})
    assert "no-executable-process" in met
    assert met <= named_rules(COVERAGE.read_text("utf-8"))


def test_a_rule_is_named_in_the_row_of_a_table() -> None:
    assert named_rules("| `a` | `b-c` |\nsome `d`\n") == {"a", "b-c"}
    assert rules_of({"`no-start` on subProcess", "`not-supported`: A `x` cannot"}) == {
        "no-start",
        "not-supported",
    }
