"""The OpenAPI document is valid, complete and true."""

import json
import re
from collections.abc import Iterator
from typing import Any

import marshmallow as ma
import pytest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from marshmallow import fields, validate
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.permissions import OPEN
from api.rest import document as documented
from api.rest.schemas.basics import Out, Query, wanted
from tests.api.test_permissions import routes
from tests.support.http import Answer
from tests.support.openapi import Document
from tests.support.works import Works

OPERATIONS = ("get", "post", "patch", "delete", "put")


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document.content["paths"].items():
        for method in OPERATIONS:
            if method in item:
                yield method, path, item[method]


def served(app: Flask) -> dict[tuple[str, str], str]:
    """(method, path as the document writes it) -> endpoint."""
    return {
        (method.lower(), re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule)): rule.endpoint
        for method, rule in routes(app)
    }


CHANGING = [{"token": []}, {"session": [], "csrf": []}]
NOT_KEPT = {
    "/api/v1/sessions",
    "/api/v1/stations/enrol",
    "/api/v1/users/{name}/password",
    "/api/v1/users/{name}/pin",
    "/api/v1/processes/check",
    "/api/v1/processes/layout",
    "/api/v1/processes/convert",
    "/api/v1/processes/{key}/versions/{version}/compare",
    "/api/v1/signals",
    "/api/v1/readings",
}


def header_names(document: Document, operation: dict[str, Any]) -> set[str]:
    """The headers an operation takes; they stand among the components."""
    kept = document.content["components"]["parameters"]
    names = (p["$ref"].rpartition("/")[2] for p in operation["parameters"] if "$ref" in p)
    return {kept[name]["name"] for name in names}


def schemas(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from document.content["components"]["schemas"].items()


def test_it_is_valid(document: Document) -> None:
    assert document.content["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document.content).validate()


def test_the_check_finds_what_is_not_valid(document: Document) -> None:
    broken = json.loads(json.dumps(document.content))
    broken["paths"]["/livez"]["get"]["responses"]["200"].pop("description")
    assert not OpenAPIV31SpecValidator(broken).is_valid()


def test_nothing_refers_to_nothing_and_nothing_is_left_over(document: Document) -> None:
    text = json.dumps(document.content)
    for kind, named in document.content["components"].items():
        for name in named:
            unused = f'"#/components/{kind}/{name}"' not in text
            assert not unused or kind == "securitySchemes", f"nobody refers to {kind}/{name}"


def test_every_route_is_in_it(app: Flask, document: Document) -> None:
    assert {(method, path) for method, path, _ in operations(document)} == set(served(app))


def test_every_operation_has_a_name_a_summary_and_its_permission(
    app: Flask, document: Document
) -> None:
    names = []
    for method, path, operation in operations(document):
        names.append(operation["operationId"])
        assert operation["summary"], path
        permission = app.view_functions[served(app)[method, path]].permission
        if permission == OPEN:
            assert operation["security"] == []
        else:
            assert operation["x-permission"] == str(permission)
            # Without one the document's own holds: what only reads needs no header.
            assert operation.get("security") == (None if method == "get" else CHANGING)
    assert len(set(names)) == len(names)
    assert document.content["security"] == [{"token": []}, {"session": []}]
    schemes = document.content["components"]["securitySchemes"]
    assert schemes["token"]["scheme"] == "bearer"
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", "routecard_session")
    assert (schemes["csrf"]["in"], schemes["csrf"]["name"]) == ("header", "X-CSRF-Token")


def test_every_answer_has_a_schema(document: Document) -> None:
    for method, path, operation in operations(document):
        answers = operation["responses"]
        assert "default" in answers or operation.get("security") == [], (method, path)
        for status, answer in answers.items():
            if status == "default":
                assert answer == {"$ref": "#/components/responses/Problem"}
                continue
            assert answer["description"]
            assert "X-Request-Id" in answer["headers"]
            assert all(content["schema"] for content in answer["content"].values())


def test_every_post_says_how_to_send_it_twice(document: Document) -> None:
    for method, path, operation in operations(document):
        asked = header_names(document, operation)
        kept = method == "post" and path not in NOT_KEPT
        assert ("Idempotency-Key" in asked) == kept, path
        assert "X-Request-Id" in asked
        for answer in operation["responses"].values():
            if "headers" in answer:
                assert ("Idempotency-Replayed" in answer["headers"]) == kept, path


def test_what_honours_if_match_answers_with_an_etag(document: Document) -> None:
    guarded = {
        f"{method} {path}"
        for method, path, operation in operations(document)
        if "If-Match" in header_names(document, operation)
    }
    for method, path, operation in operations(document):
        if f"{method} {path}" in guarded:
            good = [a for s, a in operation["responses"].items() if s != "default"]
            assert all("ETag" in answer["headers"] for answer in good), path
    one, v = "/api/v1/{0}s/{{{0}}}/", "/api/v1/processes/{key}/versions/{version}/"
    assert guarded == {
        *(f"post {one.format('task')}{act}" for act in ("claim", "unclaim", "assign", "complete")),
        *(f"post {one.format('task')}{act}" for act in ("pause", "resume", "undo")),
        *(f"post {one.format('instance')}{act}" for act in ("suspend", "resume", "cancel", "move")),
        *(f"post {one.format('instance')}{act}" for act in ("insert", "split", "merge")),
        f"post {one.format('task')}skip",
        *(f"post {one.format('incident')}{act}" for act in ("retry", "resolve")),
        *(f"post {v}{act}" for act in ("submit", "reject", "release", "retire")),
        "patch /api/v1/instances/{instance}/variables",
        "patch /api/v1/users/{name}",
        "patch /api/v1/stations/{station}",
        "patch /api/v1/settings",
        "patch /api/v1/equipment/{code}",
        "patch /api/v1/equipment-classes/{code}",
        "patch /api/v1/downtime-reasons/{code}",
        *(f"post {one.format('downtime')}{act}" for act in ("reason", "split", "merge")),
        "post /api/v1/processes",
    }


def test_the_parts_of_an_address_have_their_formats(document: Document) -> None:
    for path, item in document.content["paths"].items():
        parts = {p["name"]: p for p in item.get("parameters", [])}
        assert set(parts) == {piece.partition("}")[0] for piece in path.split("{")[1:]}
        for name, part in parts.items():
            assert part["required"]
            assert part["description"]
            if name in ("version", "other"):
                assert part["schema"] == {"type": "integer", "minimum": 1}
            elif name not in ("key", "name", "filename", "code"):
                assert part["schema"] == {"type": "string", "format": "uuid"}


def test_a_filter_is_never_null(document: Document) -> None:
    """Nothing behind a question mark can be null, and what is left out has no default of null."""
    for _, path, operation in operations(document):
        for parameter in operation["parameters"]:
            if parameter.get("in") == "query":
                assert isinstance(parameter["schema"]["type"], str), (path, parameter)
                assert parameter["schema"].get("default", 0) is not None
                assert None not in parameter["schema"].get("enum", ())


def test_lists_are_paged_alike(document: Document) -> None:
    for method, path, operation in operations(document):
        queries = {p["name"]: p["schema"] for p in operation["parameters"] if "name" in p}
        if method == "get" and "cursor" in queries:
            bounds = queries["limit"]
            assert (bounds["minimum"], bounds["maximum"], bounds["default"]) == (1, 200, 50)
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            page = document.content["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            assert sorted(page["required"]) == ["items", "next"]
            assert page["properties"]["next"]["type"] == ["string", "null"], path


def test_the_upload_of_a_bundle_is_in_it(document: Document) -> None:
    operation = document.content["paths"]["/api/v1/processes"]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {"application/xml", "multipart/form-data"}
    assert content["multipart/form-data"]["schema"]["required"] == ["main"]
    assert {"200", "201"} <= set(operation["responses"])


def test_null_is_written_as_3_1_has_it(document: Document) -> None:
    """`type: [..., "null"]`, never the `nullable` of 3.0, and an enum with null has both."""
    assert "nullable" not in json.dumps(document.content)
    for name, schema in schemas(document):
        for field, found in schema["properties"].items():
            if None in found.get("enum", ()):
                assert "null" in found["type"], (name, field)
            if found.get("default", 0) is None:
                kinds = [found, *found.get("anyOf", ())]
                assert any("null" in kind.get("type", ()) for kind in kinds), (name, field)


def test_answers_are_closed_and_whole(document: Document) -> None:
    """No answer has a field that is not declared; one that may be missing is told."""
    sometimes = {
        "StepOut": {"deviation", "deviation_kind", "other", "begun", "undoes", "automatic"},
        "DeliveryOut": {"waiting_until"},
        "CompletedItemOut": {"task", "problem"},
        "Problem": {"errors", "findings", "permission"},
    }
    open_ones = {"Problem", "MachineHealthIn", "NoticeIn"}  # a newer gateway may say more
    for name, schema in schemas(document):
        assert schema["additionalProperties"] is (name in open_ones), name
        if name.endswith(("Out", "Page")) or name == "Problem":
            missing = set(schema["properties"]) - set(schema.get("required", ()))
            assert missing == sometimes.get(name, set()), name


def _properties(schema: type[ma.Schema]) -> dict[str, Any]:
    """What our converter makes of a schema."""
    plugin = MarshmallowPlugin()
    spec = APISpec("x", "1", "3.1.0", plugins=[plugin])
    documented.begin(spec, plugin.converter)
    spec.components.schema("Shown", schema=schema)
    shown: dict[str, Any] = spec.to_dict()["components"]["schemas"]["Shown"]
    return shown


def test_bounds_that_are_excluded_are_excluded() -> None:
    class Shown(ma.Schema):
        above = fields.Integer(validate=validate.Range(min=0, min_inclusive=False))
        below = fields.Float(validate=validate.Range(max=1.5, max_inclusive=False))
        within = fields.Integer(validate=validate.Range(1, 9))
        maybe = fields.Integer(allow_none=True, validate=validate.Range(0, 9, min_inclusive=False))

    assert _properties(Shown)["properties"] == {
        "above": {"type": "integer", "exclusiveMinimum": 0},
        "below": {"type": "number", "exclusiveMaximum": 1.5},
        "within": {"type": "integer", "minimum": 1, "maximum": 9},
        "maybe": {"type": ["integer", "null"], "exclusiveMinimum": 0, "maximum": 9},
    }


def test_null_beside_choices_and_references() -> None:
    class Inner(Out):
        text = fields.String(allow_none=True)

    class Shown(Out):
        choice = fields.String(allow_none=True, validate=validate.OneOf(["a"]))
        inner = fields.Nested(Inner, allow_none=True, metadata={"optional": True})

    shown = _properties(Shown)
    assert shown["required"] == ["choice"]
    assert shown["properties"]["choice"] == {"type": ["string", "null"], "enum": ["a", None]}
    assert {"type": "null"} in shown["properties"]["inner"]["anyOf"]


def test_a_query_of_its_own() -> None:
    class Shown(Query):
        word = wanted()
        choice = wanted("a", "b")

    assert _properties(Shown)["properties"] == {
        "word": {"type": "string", "minLength": 1, "maxLength": 200},
        "choice": {"type": "string", "enum": ["a", "b"]},
    }


# ---- the judge itself ----


GOOD = {"x-request-id": "1", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, GOOD, {"items": []}),
        (200, GOOD, {"items": [], "next": 7}),
        (200, GOOD, {"items": [], "next": None, "total": 3}),
        (200, GOOD, {"items": [{"id": "7"}], "next": None}),
        (200, GOOD | {"content-type": "text/html"}, {"items": [], "next": None}),
        (200, {"content-type": "application/json"}, {"items": [], "next": None}),
        (200, GOOD | {"etag": '"1"'}, {"items": [], "next": None}),
        (201, GOOD, {"items": [], "next": None}),
        (404, GOOD, {"items": [], "next": None}),
        (404, GOOD | {"content-type": "application/problem+json"}, {"title": "Not found"}),
    ],
)
def test_the_judge_finds_what_is_not_as_it_says(
    document: Document, status: int, headers: dict[str, str], body: object
) -> None:
    answer = Answer(status, headers, json.dumps(body).encode())
    with pytest.raises(AssertionError):
        document.check("GET", "/api/v1/tasks?limit=1", {}, None, answer)


def test_the_judge_lets_pass_what_is(document: Document) -> None:
    answer = Answer(200, GOOD, b'{"items": [], "next": null}')
    document.check("GET", "/api/v1/tasks", {}, None, answer)


def test_the_judge_knows_no_other_addresses(document: Document) -> None:
    with pytest.raises(AssertionError, match="not in the document"):
        document.check("GET", "/api/v1/orders", {}, None, Answer(200, GOOD, b"{}"))


def test_it_is_served_to_everybody_and_to_no_browser_cache(works: Works) -> None:
    answer = works.nobody.get("/openapi.json")
    assert answer.ok()["info"] == {"title": "Routecard", "version": "0.1.0"}
    assert answer.headers["content-type"] == "application/json"
