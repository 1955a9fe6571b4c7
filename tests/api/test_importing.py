"""Import and layout over HTTP and in the shell."""

import json
from pathlib import Path

import pytest

from tests.support.diagrams import end, process, start, user
from tests.support.http import multipart
from tests.support.other_tools import diagram, step
from tests.support.shell import Shell
from tests.support.works import XML, Works

TASK = step(
    "userTask",
    'camunda:formKey="measure" camunda:candidateGroups="quality" camunda:assignee="ana"',
)
FORM = json.dumps(
    {"id": "measure", "components": [{"type": "number", "key": "diameter", "label": "Diameter"}]}
).encode()


def sent(task: str = TASK) -> tuple[bytes, str]:
    return multipart({"main": ("a.bpmn", diagram(task)), "form": ("measure.form", FORM)})


def test_a_diagram_of_another_tool_is_converted_deployed_and_runs(works: Works) -> None:
    refused = works.deploy(diagram(TASK)).refused(422, "deployment-refused")
    (found,) = {f["rule"] for f in refused["findings"] if f["severity"] == "error"}
    assert found == "foreign-behaviour"
    assert "process convert" in refused["findings"][0]["cure"]
    made = works.process_engineer.send("/processes/convert", *sent()).ok()
    assert made["main"] == "a.bpmn"
    assert [file["name"] for file in made["files"]] == ["a.bpmn", "measure.form.json"]
    assert made["files"][0]["content"] == made["xml"]
    assert [form["key"] for form in made["forms"]] == ["measure"]
    assert [row["name"] for row in made["lost"]] == ["camunda:assignee"]
    assert all(row["cure"] for row in made["lost"])
    assert [f for f in made["findings"] if f["severity"] == "error"] == []
    assert works.auditor.get("/processes").ok()["items"] == []
    files = {f["name"]: f["content"].encode() for f in made["files"]}
    key = works.release(files.pop("a.bpmn"), files)["key"]
    instance = works.start(key)
    done = works.complete("t", instance, diameter="25.01")
    assert done["instance_state"] == "completed"


def test_a_form_that_is_released_here_need_not_come_along(works: Works) -> None:
    asking = process(start(), user("a", form="measure"), end(), "start -> a -> end", key="q")
    form = {"key": "measure", "title": "Measure", "fields": []}
    works.release(asking, {"measure.form.json": json.dumps(form).encode()})
    made = works.process_engineer.send("/processes/convert", diagram(TASK), XML).ok()
    assert 'mes:form="measure"' in made["xml"]
    assert made["forms"] == []


def test_what_is_no_diagram_is_refused(works: Works) -> None:
    for text in (b"<a/>", b"<nothing"):
        works.process_engineer.send("/processes/convert", text, XML).refused(422, "not-converted")
        works.process_engineer.send("/processes/layout", text, XML).refused(422, "not-laid-out")
    parts = multipart({"main": ("a.bpmn", diagram(TASK)), "x": ("x.exe", b"MZ")})
    works.process_engineer.send("/processes/convert", *parts).refused(422, "invalid")
    works.operator.send("/processes/convert", diagram(TASK), XML).refused(403, "not-permitted")


def test_a_diagram_is_laid_out(works: Works) -> None:
    plain = process(start(), user("turn", due="PT2H"), end(), "start -> turn -> end")
    answer = works.process_engineer.send("/processes/layout", plain, XML)
    assert answer.status == 200
    assert b"BPMNShape" in answer.data
    assert b'mes:due="PT2H"' in answer.data
    assert works.deploy(answer.data).ok(201)["key"] == "p"
    works.operator.send("/processes/layout", plain, XML).refused(403, "not-permitted")


# ---- the shell ----


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell without a plant: import needs none."""
    return Shell(tmp_path / "home")


def test_the_shell_converts(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "theirs.bpmn").write_bytes(diagram(TASK))
    (tmp_path / "measure.form").write_bytes(FORM)
    files = [str(tmp_path / name) for name in ("theirs.bpmn", "measure.form")]
    told = shell.done("process", "convert", *files, "--out", str(tmp_path / "ours"))
    assert sorted(file.name for file in (tmp_path / "ours").iterdir()) == [
        "measure.form.json",
        "theirs.bpmn",
    ]
    assert "not carried over" in told
    assert "camunda:assignee" in told
    assert told.rstrip().endswith("1 not carried over")
    ours = [str(tmp_path / "ours" / name) for name in ("theirs.bpmn", "measure.form.json")]
    shell.done("process", "lint", *ours)


def test_the_shell_never_writes_over_a_source(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "theirs.bpmn"
    file.write_bytes(diagram(TASK))
    assert "is one of the sources" in shell.refused(
        "process", "convert", str(file), "--out", str(tmp_path)
    )
    assert file.read_bytes() == diagram(TASK)
