"""Processes over HTTP: deployed, reviewed, released, superseded, retired; what is refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.diagrams import (
    call,
    decide,
    document,
    element,
    end,
    exclusive,
    executable,
    process,
    start,
    user,
)
from tests.support.fixtures import both
from tests.support.http import multipart
from tests.support.works import XML, Works

V = "/processes/p/versions"


def turn(name: str = "", key: str = "p") -> bytes:
    """A routing of one step; another name is another diagram."""
    return process(start(), user("turn"), end(), "start -> turn -> end", name=name, key=key)


def form(key: str, *fields: dict[str, Any]) -> bytes:
    return json.dumps({"key": key, "title": key, "fields": list(fields)}).encode()


def number(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": "number", "label": key, "variable": key, **more}


def with_form(name: str = "") -> bytes:
    """A routing whose one step asks with the form `measure`."""
    return process(start(), user("turn", form="measure"), end(), "start -> turn -> end", name=name)


def findings(answer: Any, rule: str) -> list[str]:
    """The elements a refused deployment names under a rule."""
    problem = answer.refused(422, "deployment-refused")
    return [f["element"] for f in problem["findings"] if f["rule"] == rule]


# ---- deploy ----


@both
def test_a_diagram_becomes_a_draft(works: Works) -> None:
    answer = works.deploy(turn("Shaft"))
    draft = answer.ok(201)
    assert {k: draft[k] for k in ("key", "version", "state", "name", "author", "released")} == {
        "key": "p",
        "version": 1,
        "state": "draft",
        "name": "Shaft",
        "author": "process_engineer",
        "released": None,
    }
    assert len(draft["digest"]) == 64
    assert [f["severity"] for f in draft["findings"]] == ["warning"] * len(draft["findings"])
    assert works.auditor.get(f"{V}/1").ok() == draft
    assert works.auditor.get(f"{V}/1").etag == answer.etag


@both
def test_the_same_again_is_the_same_version(works: Works) -> None:
    first = works.deploy(turn())
    again = works.deploy(turn())
    assert again.ok(200) == first.ok(201)
    assert again.etag == first.etag
    works.process_engineer.post(f"{V}/1/release").ok()
    assert works.deploy(turn()).ok(200)["state"] == "released"
    entries = works.auditor.get("/audit", action="process.deployed").ok()["items"]
    assert len(entries) == 1


@both
def test_a_draft_is_replaced_by_who_saw_it(works: Works) -> None:
    first = works.deploy(turn("one"))
    works.deploy(turn("two")).refused(428, "precondition-required")
    works.deploy(turn("two"), if_match="*").refused(428, "precondition-required")
    works.deploy(turn("two"), if_match='"of yesterday"').refused(412, "stale")
    second = works.deploy(turn("two"), if_match=first.etag)
    assert (second.ok(201)["version"], second.ok()["name"]) == (1, "two")
    works.deploy(turn("three"), if_match=first.etag).refused(412, "stale")
    works.deploy(turn("three"), if_match=f"W/{second.etag}").ok(201)
    assert len(works.auditor.get("/processes/p").ok()["versions"]) == 1


def test_a_released_version_is_followed_by_a_new_draft(works: Works) -> None:
    works.release(turn("one"))
    assert works.deploy(turn("two")).ok(201)["version"] == 2
    versions = works.auditor.get("/processes/p").ok()["versions"]
    assert [(v["version"], v["state"]) for v in versions] == [(2, "draft"), (1, "released")]


ODD = (
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- für Görlitz: Ø 25 ±0.02 -->\n'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"\r\n\t'
    "xmlns:bioc='http://bpmn.io/schema/bpmn/biocolor/1.0' id='d'>\n"
    '<process id="p" isExecutable="true"  ><?tool keep?><startEvent id="s"/>'
    "<task id='t' bioc:stroke='#000'  name='Dre&#x68;en &lt;1&gt;'/><endEvent id=\"e\"/>"
    "<sequenceFlow id='f' sourceRef='s' targetRef='t'/><sequenceFlow id='g' sourceRef='t' "
    "targetRef='e'/></process><!-- end --></definitions>\n\n  "
).encode()


@both
def test_the_xml_comes_back_byte_for_byte(works: Works) -> None:
    works.release(ODD)
    answer = works.auditor.get(f"{V}/1.bpmn")
    assert answer.data == ODD
    assert answer.headers["content-type"].partition(";")[0] == XML
    assert answer.headers["content-disposition"] == "attachment"
    instance = works.start()
    assert works.task("t", instance)["name"] == "Drehen <1>"


def test_the_list_of_processes(works: Works) -> None:
    for key in ("c", "a", "b"):
        works.release(turn(key=key))
    works.deploy(turn("newer", key="a"))
    assert works.auditor.get("/processes").ok()["items"] == [
        {"key": "a", "name": "newer", "newest": 2, "state": "draft", "released": 1},
        {"key": "b", "name": "b", "newest": 1, "state": "released", "released": 1},
        {"key": "c", "name": "c", "newest": 1, "state": "released", "released": 1},
    ]
    assert [p["key"] for p in works.auditor.pages("/processes", limit=1)] == ["a", "b", "c"]


# ---- bundles ----


@both
def test_a_bundle_brings_its_parts(works: Works) -> None:
    child = process(start(), user("drill"), end(), "start -> drill -> end", key="child")
    main = process(
        start(), user("turn", form="measure"), call("sub", "child"), end(),
        "start -> turn -> sub -> end",
    )  # fmt: skip
    files = {"child.bpmn": child, "measure.form.json": form("measure", number("d", unit="mm"))}
    works.release(main, files)
    instance = works.start()
    works.complete("turn", instance, d="25.310 mm")
    works.complete("drill", instance)
    assert works.path(instance)[-2:] == ["sub", "end"]
    assert works.auditor.get("/processes").ok()["items"][0]["key"] == "p"
    assert (
        len(works.auditor.get("/processes").ok()["items"]) == 1
    )  # the child is no process of its own


def test_the_digest_is_that_of_all_files(works: Works) -> None:
    files = {"measure.form.json": form("measure", number("d"))}
    first = works.deploy(with_form(), files)
    assert works.deploy(with_form(), files).ok(200)["digest"] == first.ok(201)["digest"]
    changed = {"measure.form.json": form("measure", number("d", unit="mm"))}
    works.deploy(with_form(), changed).refused(428, "precondition-required")
    assert works.deploy(with_form(), changed, if_match=first.etag).ok(201)["version"] == 1


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"other": ("p.bpmn", turn())}, "main"),
        ({"main": ("p.bpmn", turn()), "x": ("x.txt", b"")}, "unknown kind"),
        ({"main": ("p.bpmn", turn()), "x": ("x.json", b"{}")}, "unknown kind"),
        ({"main": ("p.bpmn", turn()), "x": ("p.bpmn", turn())}, "two files named"),
        ({"main": ("p.bpmn", turn()), "x": ("sub/p.bpmn", turn())}, "two files named"),
        ({"main": ("p.bpmn", turn()), "x": ("a\x00.bpmn", turn())}, "name"),
        ({f"x{n}": (f"{n}.bpmn", b"<a/>") for n in range(101)}, "files"),
    ],
)
@both
def test_a_bundle_that_is_none(
    works: Works, parts: dict[str, tuple[str, bytes]], word: str
) -> None:
    answer = works.process_engineer.send("/processes", *multipart(parts))
    assert word in answer.refused(422, "invalid")["detail"]
    assert works.auditor.get("/processes").ok()["items"] == []


def test_two_parts_called_main(works: Works) -> None:
    body, kind = multipart({"main": ("p.bpmn", turn())})
    answer = works.process_engineer.send("/processes", body.rpartition(b"--part")[0] + body, kind)
    assert "main" in answer.refused(422, "invalid")["detail"]


def test_a_part_that_is_no_file(works: Works) -> None:
    """A field without a file name would be passed over otherwise."""
    body, kind = multipart({"main": ("p.bpmn", turn()), "release": ("x", b"true")})
    body = body.replace(b'; filename="x"', b"")
    assert works.process_engineer.send("/processes", body, kind).pointers() == ["/release"]


def test_a_form_that_cannot_be_read(works: Works) -> None:
    for broken in (b"{", b"[]", b'{"key": "measure"}', form("measure", {"key": "d"})):
        answer = works.deploy(with_form(), {"measure.form.json": broken})
        assert findings(answer, "form")
        assert findings(answer, "missing-form") == ["turn"]


# ---- what is named and not there ----


@both
def test_a_missing_part_names_the_element(works: Works) -> None:
    diagram = process(
        start(), user("turn", form="no_form"), decide("choose", "no_table"), call("sub", "no_one"),
        end(), "start -> turn -> choose -> sub -> end",
    )  # fmt: skip
    answer = works.deploy(diagram)
    assert findings(answer, "missing-form") == ["turn"]
    assert findings(answer, "missing-decision") == ["choose"]
    assert findings(answer, "missing-process") == ["sub"]
    for finding in answer.json["findings"]:
        assert set(finding) == {"severity", "rule", "element", "message", "cure"}
    assert works.auditor.get("/processes").ok()["items"] == []
    assert works.auditor.get("/audit", action="process.deployed").ok()["items"] == []


@both
def test_what_is_missing_is_taken_from_the_released(works: Works) -> None:
    works.deploy(process(start(), end(), "start -> end", key="child")).ok(201)
    diagram = process(start(), call("sub", "child"), end(), "start -> sub -> end")
    assert findings(works.deploy(diagram), "missing-process") == ["sub"]  # a draft offers nothing
    works.process_engineer.post("/processes/child/versions/1/release").ok()
    works.release(diagram)
    assert works.instance(works.start())["state"] == "completed"


@both
def test_a_release_pins_what_it_names(works: Works) -> None:
    """A newer form or called process changes nothing for a version that is released."""

    def child(step: str) -> bytes:
        return process(start(), user(step), end(), f"start -> {step} -> end", key="child")

    def keeper(unit: str) -> tuple[bytes, dict[str, bytes]]:
        files = {"measure.form.json": form("measure", number("d", unit=unit))}
        return process(
            start(), user("k", form="measure"), end(), "start -> k -> end", key="keeper", name=unit
        ), files  # fmt: skip

    def parent(name: str) -> bytes:
        return process(
            start(), user("turn", form="measure"), call("sub", "child"), end(),
            "start -> turn -> sub -> end", name=name,
        )  # fmt: skip

    works.release(child("old_step"))
    works.release(*keeper("mm"))
    works.release(parent("first"))
    works.release(child("new_step"))
    works.release(*keeper("um"))
    before = works.start()
    works.complete("turn", before, d="1 mm")
    assert works.open(before) == ["old_step"]
    works.release(parent("second"))
    after = works.start()
    works.complete("turn", after, d="1 mm")
    assert works.open(after) == ["new_step"]
    assert works.instance(before)["variables"]["d"] == 1
    assert works.instance(after)["variables"]["d"] == 1000


@both
def test_what_was_retired_meanwhile_refuses_the_release(works: Works) -> None:
    works.release(process(start(), end(), "start -> end", key="child"))
    works.deploy(process(start(), call("sub", "child"), end(), "start -> sub -> end")).ok(201)
    works.process_engineer.post("/processes/child/versions/1/retire").ok()
    answer = works.process_engineer.post(f"{V}/1/release")
    assert findings(answer, "missing-process") == ["sub"]
    assert works.auditor.get(f"{V}/1").ok()["state"] == "draft"


@both
def test_what_a_released_version_pins_outlives_its_retirement(works: Works) -> None:
    child = process(start(), user("drill"), end(), "start -> drill -> end", key="child")
    works.release(child)
    works.release(process(start(), call("sub", "child"), end(), "start -> sub -> end"))
    works.process_engineer.post("/processes/child/versions/1/retire").ok()
    instance = works.start()
    works.complete("drill", instance)
    assert works.instance(instance)["state"] == "completed"


# ---- the life of a version ----


@both
def test_a_version_is_reviewed_and_released(works: Works) -> None:
    works.deploy(turn())
    post = works.process_engineer.post
    assert post(f"{V}/1/submit").ok()["state"] == "in_review"
    works.deploy(turn("other")).refused(409, "version-state")
    post(f"{V}/1/submit").refused(409, "version-state")
    rejected = post(f"{V}/1/reject", {"reason": "The label is missing."}).ok()
    assert (rejected["state"], rejected["note"]) == ("draft", "The label is missing.")
    post(f"{V}/1/reject", {"reason": "again"}).refused(409, "version-state")
    post(f"{V}/1/submit").ok()
    released = post(f"{V}/1/release").ok()
    assert released["state"] == "released"
    assert released["released_by"] == "process_engineer"
    assert released["released"] == "2026-03-02T06:00:00.000Z"
    assert released["note"] is None
    assert post(f"{V}/1/release").ok() == released  # whoever clicks twice gets the same
    for act in ("submit", "reject"):
        post(f"{V}/1/{act}", {"reason": "x"} if act == "reject" else {}).refused(
            409, "version-state"
        )
    assert post(f"{V}/1/retire").ok()["state"] == "retired"
    post(f"{V}/1/retire").refused(409, "version-state")
    post(f"{V}/1/release").refused(409, "version-state")


def test_a_rejection_says_why(works: Works) -> None:
    works.deploy(turn())
    works.process_engineer.post(f"{V}/1/submit").ok()
    assert works.process_engineer.post(f"{V}/1/reject", {}).pointers() == ["/reason"]
    assert works.process_engineer.post(f"{V}/1/reject", {"reason": ""}).pointers() == ["/reason"]


@both
def test_every_turn_honours_if_match(works: Works) -> None:
    draft = works.deploy(turn()).etag
    post = works.process_engineer.post
    for act in ("submit", "release", "retire"):
        post(f"{V}/1/{act}", if_match='"older"').refused(412, "stale")
    in_review = post(f"{V}/1/submit", if_match=draft).etag
    assert in_review != draft
    post(f"{V}/1/reject", {"reason": "x"}, if_match=draft).refused(412, "stale")
    released = post(f"{V}/1/release", if_match=in_review).etag
    post(f"{V}/1/retire", if_match=in_review).refused(412, "stale")
    post(f"{V}/1/retire", if_match=released).ok()


@both
def test_a_newer_release_supersedes_and_running_instances_keep_theirs(works: Works) -> None:
    works.release(turn("one"))
    before = works.start()
    works.release(process(start(), user("mill"), end(), "start -> mill -> end"))
    versions = works.auditor.get("/processes/p").ok()["versions"]
    assert [(v["version"], v["state"]) for v in versions] == [(2, "released"), (1, "superseded")]
    after, older = works.start(), works.start(version=1)
    assert (works.open(before), works.open(after), works.open(older)) == (
        ["turn"],
        ["mill"],
        ["turn"],
    )
    assert [works.instance(i)["version"] for i in (before, after, older)] == [1, 2, 1]
    works.complete("turn", before)
    assert works.instance(before)["state"] == "completed"


@both
def test_nothing_starts_on_a_retired_version_and_what_runs_goes_on(works: Works) -> None:
    instance = works.run_of(turn())
    works.process_engineer.post(f"{V}/1/retire").ok()
    for body in ({"process": "p"}, {"process": "p", "version": 1}):
        works.planner.post("/instances", body).refused(409, "process-not-released")
    works.complete("turn", instance)
    assert works.instance(instance)["state"] == "completed"


def test_a_release_is_never_edited(works: Works) -> None:
    released = works.release(turn("one"))
    works.deploy(turn("two"), if_match=works.auditor.get(f"{V}/1").etag).ok(201)
    works.process_engineer.post(f"{V}/2/retire").ok()
    assert works.auditor.get(f"{V}/1").ok() == released
    assert works.auditor.get(f"{V}/1.bpmn").data == turn("one")


# ---- triggers ----


def by_message(key: str, name: str = "") -> bytes:
    return process(
        start(message="order_in"), user("turn"), end(), "start -> turn -> end", key=key, name=name
    )


@both
def test_one_message_starts_one_process(works: Works) -> None:
    works.release(by_message("p"))
    assert works.auditor.get("/processes/p").ok()["triggers"] == [
        {"element": "start", "kind": "message", "name": "order_in"}
    ]
    works.deploy(by_message("q")).ok(201)
    refused = works.process_engineer.post("/processes/q/versions/1/release")
    assert "order_in" in refused.refused(409, "trigger-taken")["detail"]
    assert works.auditor.get("/processes/q").ok()["versions"][0]["state"] == "draft"
    works.release(by_message("p", "a newer one takes the trigger over"))
    works.process_engineer.post(f"{V}/2/retire").ok()
    works.process_engineer.post("/processes/q/versions/1/release").ok()
    assert works.auditor.get("/processes/p").ok()["triggers"] == []


@both
def test_a_process_starts_by_its_timer(works: Works) -> None:
    works.release(
        process(start(cycle="R2/PT1H"), user("clean"), end(), "start -> clean -> end", key="c")
    )
    assert works.auditor.get("/processes/c").ok()["triggers"] == [
        {"element": "start", "kind": "timer", "name": "start"}
    ]
    assert works.wait(minutes=59) == 0
    assert works.wait(minutes=1) == 1
    assert works.wait(hours=5) >= 1
    assert len(works.auditor.get("/instances", process="c").ok()["items"]) == 2


# ---- what is not read, and what cannot run as drawn ----

BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
HEAD = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (BOMB + turn(), "DOCTYPE"),
        (FILE + turn(), "DOCTYPE"),
        (b"<!-- x --> <!doctype html>" + turn(), "DOCTYPE"),
        (turn() + b" " * (5_500_000), "5.2 MB"),
        (HEAD + b"<a/>" * 20_001 + b"</definitions>", "elements"),
        (HEAD + b"<a>" * 150 + b"</a>" * 150 + b"</definitions>", "nests"),
        (HEAD + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</definitions>", "depth"),
        (HEAD + b"<a>" * 100_000, "elements"),
        (b"   ", "empty"),
        (b"not xml", "XML"),
        (b"<a/>", "BPMN"),
        (turn()[:-9], "XML"),
        (turn().decode().encode("utf-32"), "UTF-8"),
        (b"\x00" + turn(), "UTF-8"),
    ],
)
def test_a_file_that_is_not_read(works: Works, data: bytes, word: str) -> None:
    answer = works.deploy(data)
    assert answer.status == 422
    assert word in answer.data.decode()
    assert works.auditor.get("/processes").ok()["items"] == []


def test_no_body_is_no_diagram(works: Works) -> None:
    works.deploy(b"").refused(422, "invalid")


def test_the_same_limits_hold_for_every_file_of_a_bundle(works: Works) -> None:
    answer = works.deploy(turn(), {"child.bpmn": FILE + turn(key="child")})
    assert findings(answer, "document") == ["child.bpmn"]


@pytest.mark.parametrize(
    "drawn",
    [
        element("scriptTask", "odd", "<script>exit()</script>"),
        element("inclusiveGateway", "odd"),
        element("eventBasedGateway", "odd"),
        element("intermediateThrowEvent", "odd", "<signalEventDefinition/>"),
        user("odd", signature="verified"),
        element("userTask", "odd", "<multiInstanceLoopCharacteristics/>"),
        element("serviceTask", "odd"),
        element("serviceTask", "odd", function="no.such"),
        element("callActivity", "odd"),
    ],
)
def test_what_cannot_run_is_refused_by_name(works: Works, drawn: str) -> None:
    answer = works.deploy(process(start(), drawn, end(), "start -> odd -> end"))
    problem = answer.refused(422, "deployment-refused")
    errors = [f for f in problem["findings"] if f["severity"] == "error"]
    assert errors[0]["element"] == "odd", errors
    assert all(f["message"] and f["cure"] for f in errors)


@pytest.mark.parametrize("condition", ["open('x')", "a.b", "__import__", "a == ", "lambda: 1"])
def test_a_condition_outside_of_the_language(works: Works, condition: str) -> None:
    diagram = process(
        start(), exclusive("g", default="e"), end("e", "f"), "start -> g -> e",
        f"g -> f if {condition}",
    )  # fmt: skip
    assert findings(works.deploy(diagram), "expression") == ["g_to_f"]


def test_a_text_is_not_compared_with_a_number(works: Works) -> None:
    diagram = process(
        start(), user("turn", form="measure"), exclusive("g", default="e"), end("e", "f"),
        "start -> turn -> g -> e", "g -> f if d > 5",
    )  # fmt: skip
    text = {"key": "d", "type": "text", "label": "d", "variable": "d"}
    answer = works.deploy(diagram, {"measure.form.json": form("measure", text)})
    assert findings(answer, "type-mismatch") == ["g_to_f"]


def test_warnings_are_kept_and_stop_nothing(works: Works) -> None:
    diagram = process(
        start(), user("turn"), exclusive("again", default="turn"), end(),
        "start -> turn -> again -> turn", "again -> end if done",
    )  # fmt: skip
    draft = works.deploy(diagram).ok(201)
    rules = {f["rule"]: f["severity"] for f in draft["findings"]}
    assert rules.items() >= {"loop-without-cap": "warning", "missing-form": "warning"}.items()
    assert works.process_engineer.post(f"{V}/1/release").ok()["findings"] == draft["findings"]


def test_a_file_with_several_processes(works: Works) -> None:
    answer = works.deploy(
        document(executable(start(), end(), "start -> end", key="a"),
                 executable(start("s2"), end("e2"), "s2 -> e2", key="b"))
    )  # fmt: skip
    assert findings(answer, "several-processes") == ["b"]


# ---- at the same time ----


@both
def test_the_first_of_two_drafts_at_once_is_kept(works: Works) -> None:
    """Nobody's draft is overwritten by somebody who has not seen it, and nobody meets a bug."""
    works.process_engineer.get("/processes").ok()
    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(works.deploy, [turn(f"of {n}") for n in range(4)]))
    assert sorted(a.status for a in answers) == [201, 428, 428, 428]


@both
def test_two_people_release_at_once(works: Works) -> None:
    works.deploy(turn())
    engineer = works.process_engineer
    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(lambda _: engineer.post(f"{V}/1/release"), range(4)))
    assert [a.status for a in answers] == [200] * 4
    entries = works.auditor.get("/audit", action="process.released").ok()["items"]
    assert len(entries) == 1
