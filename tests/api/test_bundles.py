"""Bundles over HTTP: what they bring, what they take from the released, what is refused."""

import json
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
from tests.support.works import Works

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
        element("complexGateway", "odd"),
        element("eventBasedGateway", "odd", instantiate="true"),
        element("intermediateThrowEvent", "odd", "<signalEventDefinition/>"),
        user("odd", signature="blessed"),
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
