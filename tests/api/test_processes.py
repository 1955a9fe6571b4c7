"""Processes over HTTP: deployed, reviewed, released, superseded, retired; what is refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.support.diagrams import (
    end,
    process,
    start,
    user,
)
from tests.support.fixtures import both
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


@both
def test_a_further_draft_stands_beside_the_one_there_is(works: Works) -> None:
    theirs = works.deploy(turn("theirs"))
    mine = works.deploy(turn("mine"), if_none_match="*")
    assert (theirs.ok(201)["version"], mine.ok(201)["version"]) == (1, 2)
    again = works.deploy(turn("theirs again"), if_match=theirs.etag)
    assert again.ok(201)["version"] == 1
    assert works.deploy(turn("mine again"), if_match=mine.etag).ok(201)["version"] == 2
    versions = works.auditor.get("/processes/p").ok()["versions"]
    assert [v["name"] for v in versions] == ["mine again", "theirs again"]
    works.process_engineer.post(f"{V}/2/submit").ok()
    works.deploy(turn("third")).refused(409, "version-state")
    assert works.deploy(turn("third"), if_match=again.etag).ok(201)["version"] == 1


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


@both
def test_a_new_version_says_what_it_changes_for_running_instances(works: Works) -> None:
    works.release(turn())
    for _ in range(2):
        works.start("p")
    changed = process(start(), user("mill"), end(), "start -> mill -> end")
    shown = works.deploy(changed).ok(201)
    told = [f for f in shown["findings"] if f["rule"] == "running-gone"]
    assert [(f["element"], f["severity"]) for f in told] == [("turn", "warning")]
    assert told[0]["message"] == "2 tokens stand here, but the new version has no such element."
