"""What the editor asks for over HTTP: check, vocabulary, files, comparison, reviews."""

import json
from typing import Any

from engine.access.settings import change_settings
from engine.kernel.actor import SYSTEM
from tests.support.diagrams import catch, end, job, process, start, user
from tests.support.fixtures import both
from tests.support.http import multipart
from tests.support.works import XML, Works

V = "/processes/p/versions"
Item = dict[str, Any]


def turn(name: str = "", form: str = "", **more: str) -> bytes:
    step = user("turn", form=form, **more)
    return process(start(), step, end(), "start -> turn -> end", name=name)


def measure(most: str = "25.02") -> bytes:
    field = {"key": "d", "type": "number", "label": "Diameter", "unit": "mm", "max": most}
    return json.dumps({"key": "measure", "title": "Measure", "fields": [field]}).encode()


def bundle(diagram: bytes, **files: bytes) -> tuple[bytes, str]:
    parts = {"main": ("main.bpmn", diagram)}
    parts |= {f"file{n}": each for n, each in enumerate(files.items())}
    body, kind = multipart(parts)
    return body, kind


# ---- check ----


@both
def test_a_check_finds_what_a_deployment_finds_and_stores_nothing(works: Works) -> None:
    checked = works.process_engineer.send("/processes/check", turn(), XML).ok()
    assert works.auditor.get("/processes").ok()["items"] == []
    deployed = works.deploy(turn()).ok(201)
    assert checked == {name: deployed[name] for name in ("key", "digest", "findings")}


def test_a_check_answers_errors_with_what_they_are_about(works: Works) -> None:
    wrong = json.dumps({"key": "measure", "fields": [{"key": "d", "type": "numbr"}]}).encode()
    table = b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d"/>'
    body, kind = bundle(turn(form="measure"), **{"measure.form.json": wrong, "grade.dmn": table})
    findings = works.process_engineer.send("/processes/check", body, kind).ok()["findings"]
    errors = {(f["rule"], f["element"]) for f in findings if f["severity"] == "error"}
    assert ("form", "measure.form.json#/fields/0/type") in errors
    assert ("decision", "definitions") in errors


def test_a_check_says_what_a_change_means_for_what_runs(works: Works) -> None:
    works.release(turn())
    works.start()
    body = turn("other", priority="80").replace(b'id="turn"', b'id="turn" name="x"')
    gone = process(start(), user("mill"), end(), "start -> mill -> end")
    assert works.process_engineer.send("/processes/check", body, XML).ok()["key"] == "p"
    found = works.process_engineer.send("/processes/check", gone, XML).ok()["findings"]
    assert [f["element"] for f in found if f["rule"] == "running-gone"] == ["turn"]


def test_only_who_deploys_checks(works: Works) -> None:
    works.operator.send("/processes/check", turn(), XML).refused(403, "not-permitted")


# ---- files ----


@both
def test_the_files_of_a_version(works: Works) -> None:
    works.deploy(turn(form="measure"), {"measure.form.json": measure()}).ok(201)
    items = works.auditor.get(f"{V}/1/files").ok()["items"]
    assert [(f["name"], f["kind"], f["main"]) for f in items] == [
        ("main.bpmn", "process", True),
        ("measure.form.json", "form", False),
    ]
    assert items[1]["size"] == len(measure())
    answer = works.auditor.get(f"{V}/1/files/measure.form.json")
    assert answer.data == measure()
    assert answer.headers["content-disposition"] == "attachment"
    works.auditor.get(f"{V}/1/files/other.form.json").refused(404, "file-not-found")
    works.auditor.get(f"{V}/2/files").refused(404, "process-not-found")


# ---- comparison ----


@both
def test_two_versions_compared(works: Works) -> None:
    works.release(turn(form="measure"), {"measure.form.json": measure()})
    works.deploy(turn(form="measure"), {"measure.form.json": measure("25.03")}).ok(201)
    (change,) = works.auditor.get(f"{V}/1/compare/2").ok()["changes"]
    assert change["sentence"] == "turn: Diameter: highest value accepted 25.02 mm → 25.03 mm."
    assert (change["element"], change["kind"], change["subject"]) == ("turn", "changed", "limit")
    assert works.auditor.get(f"{V}/2/compare/2").ok()["changes"] == []
    works.auditor.get(f"{V}/1/compare/9").refused(404, "process-not-found")


def test_a_draft_compared_with_a_version(works: Works) -> None:
    works.release(turn(form="measure"), {"measure.form.json": measure()})
    body, kind = bundle(turn(form="measure"), **{"measure.form.json": measure("26")})
    (change,) = works.auditor.send(f"{V}/1/compare", body, kind).ok()["changes"]
    assert change["after"] == "26 mm"
    assert len(works.auditor.get("/processes/p").ok()["versions"]) == 1
    unread = works.auditor.send(f"{V}/1/compare", b"<nothing", XML).refused(422, "invalid")
    assert unread["findings"][0]["rule"] == "document"


def test_a_form_of_another_bundle_is_compared_as_it_is_pinned(works: Works) -> None:
    other = process(start(), user("ask", form="measure"), end(), "start -> ask -> end", key="q")
    works.release(other, {"measure.form.json": measure()})
    works.release(turn(form="measure"))
    works.release(other, {"measure.form.json": measure("25.03")})
    (change,) = works.auditor.send(f"{V}/1/compare", turn(form="measure"), XML).ok()["changes"]
    assert change["after"] == "25.03 mm"


# ---- vocabulary ----


@both
def test_the_vocabulary(works: Works) -> None:
    line = process(
        start(),
        job("cut", topic="laser", action="cut"),
        catch("wait", message="plate_came"),
        user("ask", form="measure"),
        end(),
        "start -> cut -> wait -> ask -> end",
        key="line",
    )
    works.release(line, {"measure.form.json": measure()})
    works.deploy(turn(name="Turn")).ok(201)
    works.start("line")
    works.claim_job("laser", worker="laser-2")
    known: Item = works.auditor.get("/vocabulary").ok()
    (form,) = known["forms"]
    assert (form["key"], form["title"], form["process"], form["state"]) == (
        *("measure", "Measure", "line"),
        "released",
    )
    assert form["fields"] == [
        {"key": "d", "type": "number", "label": "Diameter", "unit": "mm", "variable": None}
    ]
    assert known["topics"] == [
        {"topic": "laser", "actions": ["cut"], "processes": ["line"], "workers": ["laser-2"]}
    ]
    assert [(p["key"], p["state"]) for p in known["processes"]] == [
        ("line", "released"),
        ("p", "draft"),
    ]
    assert known["messages"] == [
        {"name": "plate_came", "kind": "message", "processes": ["line"], "starts": []}
    ]
    assert {"operator", "quality"} <= set(known["roles"])


def test_a_released_form_stands_before_its_draft(works: Works) -> None:
    works.release(turn(form="measure"), {"measure.form.json": measure()})
    works.deploy(turn("two", form="measure"), {"measure.form.json": measure("9")}).ok(201)
    (form,) = works.auditor.get("/vocabulary").ok()["forms"]
    assert (form["version"], form["state"]) == (1, "released")


# ---- reviews and collisions ----


@both
def test_who_submitted_and_who_rejected_with_which_reason(works: Works) -> None:
    works.deploy(turn()).ok(201)
    works.process_engineer.post(f"{V}/1/submit").ok()
    boss = works.person("boss", "process_engineer")
    told = boss.post(f"{V}/1/reject", {"reason": "No hold point."}).ok()
    assert (told["state"], told["note"]) == ("draft", "No hold point.")
    assert told["submitted"]["by"] == "process_engineer"
    assert told["rejected"]["by"] == "boss"
    assert told["rejected"]["reason"] == "No hold point."
    assert works.auditor.get(f"{V}/1").ok() == told
    assert works.auditor.get("/processes/p").ok()["versions"] == [told]


def test_a_draft_saved_by_another_says_whose_and_when(works: Works) -> None:
    first = works.deploy(turn("one"))
    boss = works.person("boss", "process_engineer")
    saved = boss.send("/processes", turn("two"), XML, if_match=first.etag)
    problem = works.deploy(turn("three"), if_match=first.etag).refused(412, "stale")
    assert problem["author"] == "boss"
    assert problem["saved"] == saved.ok(201)["created"]
    assert f'"{problem["etag"]}"' == saved.etag
    assert "boss" in problem["detail"]


@both
def test_where_the_site_says_so_the_author_does_not_release(works: Works) -> None:
    works.deploy(turn()).ok(201)
    works.store.run(change_settings, changes={"reviewer_is_not_author": True}, actor=SYSTEM)
    works.process_engineer.post(f"{V}/1/submit").ok()
    refused = works.process_engineer.post(f"{V}/1/release").refused(409, "reviewer-is-author")
    assert refused["author"] == "process_engineer"
    boss = works.person("boss", "process_engineer")
    assert boss.post(f"{V}/1/release").ok()["state"] == "released"
