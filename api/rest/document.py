"""What the OpenAPI document says, beside the schemas that it is made of.

flask-smorest finds addresses and summaries by itself; here is what it cannot know: headers, formats
of the parts of an address, problems, and the addresses outside of `/api/v1`.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import apispec
import marshmallow as ma
from marshmallow import validate
from werkzeug.routing import Rule

from api.permissions import CSRF_HEADER, SESSION_COOKIE
from api.rest.schemas.basics import Query
from api.rest.schemas.problem import ProblemOut
from engine.access.permissions import Permission

JSON = "application/json"
PROBLEM = "application/problem+json"
TEXT = {"type": "string"}
UUID = TEXT | {"format": "uuid"}
PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "instance": (UUID, "The instance's id"),
    "task": (UUID, "The task's id"),
    "job": (UUID, "The job's id"),
    "incident": (UUID, "The incident's id"),
    "token": (UUID, "The token's id"),
    "session": (UUID, "The session's id"),
    "station": (UUID, "The station's id"),
    "key": (TEXT, "The process's key, the id of its executable process"),
    "name": (TEXT, "The name of the user or gateway"),
    "version": ({"type": "integer", "minimum": 1}, "The number of the version"),
    "other": ({"type": "integer", "minimum": 1}, "The number of the version it is compared with"),
    "file": (UUID, "The file's id"),
    "filename": (TEXT, "The name of a file of the version"),
    "code": (TEXT, "The code of the equipment, class or reason"),
    "count": (UUID, "The count's id"),
    "downtime": (UUID, "The downtime's id"),
}
SENT = {
    "Idempotency-Key": (
        TEXT | {"minLength": 1, "maxLength": 200},
        "The same request again, under the same key and with the same body, is not carried out "
        "twice: the first answer comes back. Kept for seven days.",
    ),
    "If-Match": (TEXT, "The ETag of the state the caller saw; 412 if it changed since."),
    "X-Request-Id": (
        TEXT | {"maxLength": 64},
        "The caller's id for this request: it comes back and stands in the log.",
    ),
}
ANSWERED = {
    "ETag": (TEXT, "The state of what is answered, for If-Match"),
    "Idempotency-Replayed": (
        TEXT | {"enum": ["true"]},
        "The answer is that of an earlier request with the same Idempotency-Key",
    ),
    "X-Request-Id": (TEXT, "The id of this request in the log"),
    "WWW-Authenticate": (TEXT, "How to sign in (401)"),
    "Allow": (TEXT, "The methods of this address (405)"),
    "Retry-After": (TEXT, "Seconds after which the same request may be sent again (429, 503)"),
    "Set-Cookie": (TEXT, "What the browser keeps, out of the reach of scripts"),
}


# A browser sends the cookie whoever made it ask; the header only a page of ours can add.
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
    "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
}
READING: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
CHANGING: list[dict[str, list[str]]] = [{"token": []}, {"session": [], "csrf": []}]


@dataclass(frozen=True, slots=True)
class Offer:
    """One route as it is declared.

    Args:
        statuses: of a good answer.
        consumes: bodies by media type, where they are not the JSON of `body`.
        produces: the media type of a good answer, or those of them.
        if_match, etag: whether it honours the one, and answers with the other.
        replays: whether a POST honours an Idempotency-Key; what asks for a secret does not, nor
            what changes nothing.
        sets_cookie: whether a good answer tells the browser to keep or to drop a cookie.
    """

    method: str
    permission: Permission | Literal["open"]
    answer: type[ma.Schema] | dict[str, Any]
    body: type[ma.Schema] | None = None
    query: type[ma.Schema] | None = None
    statuses: tuple[int, ...] = (200,)
    consumes: dict[str, Any] = field(default_factory=dict)
    produces: str | tuple[str, ...] = JSON
    if_match: bool = False
    etag: bool = False
    replays: bool = True
    sets_cookie: bool = False


def operation(offer: Offer, name: str) -> dict[str, Any]:
    """What the document says about a route; `name` is its own among all of them."""
    good = ["X-Request-Id"]
    sent = ["X-Request-Id"]
    if offer.etag:
        good.append("ETag")
    if offer.if_match:
        sent.append("If-Match")
    if offer.method == "POST" and offer.replays:
        good.append("Idempotency-Replayed")
        sent.append("Idempotency-Key")
    if offer.sets_cookie:
        good.append("Set-Cookie")
    kinds = (offer.produces,) if isinstance(offer.produces, str) else offer.produces
    content = {kind: {"schema": offer.answer} for kind in kinds}
    answer = {"content": content, "headers": _headers(good)}
    found: dict[str, Any] = {
        "operationId": name,
        "parameters": list(sent),
        "responses": {
            **{str(status): {"description": _SAID[status], **answer} for status in offer.statuses},
            "default": "Problem",
        },
    }
    found |= _guarded(offer)
    if offer.query is not None:
        found["parameters"].append({"in": "query", "schema": offer.query})
    if offer.consumes:
        found["requestBody"] = {"required": True, "content": offer.consumes}
    elif offer.body is not None:
        needed = any(f.required for f in offer.body().fields.values())
        found["requestBody"] = {"required": needed, "content": {JSON: {"schema": offer.body}}}
    return found


def _guarded(offer: Offer) -> dict[str, Any]:
    """How to sign in for it, where the document's own way does not hold, and who may."""
    if not isinstance(offer.permission, Permission):
        return {"security": []}
    found: dict[str, Any] = {"x-permission": str(offer.permission)}
    return found if offer.method == "GET" else found | {"security": CHANGING}


_SAID = {200: "Done", 201: "Made"}


def parts_of(rule: str) -> list[dict[str, Any]]:
    """The parameters in an address."""
    return [
        {"in": "path", "name": name, "schema": PARTS[name][0], "description": PARTS[name][1]}
        for name in re.findall(r"<\w+:(\w+)>", rule)
    ]


def begin(spec: apispec.APISpec, converter: Any) -> None:
    """Put into a new document what every operation refers to."""
    for correction in (_exclusive_ranges, _plain_query):
        converter.add_attribute_function(correction)
    parts = spec.components
    for unused in ("Error", "PaginationMetadata"):  # of flask-smorest
        parts.schemas.pop(unused, None)
    parts.responses.pop("DEFAULT_ERROR", None)
    parts.schema("Problem", schema=ProblemOut)
    for scheme, described in SCHEMES.items():
        parts.security_scheme(scheme, described)
    spec.options["security"] = READING
    spec.options["servers"] = [{"url": "/"}]
    for name, (schema, told) in SENT.items():
        parts.parameter(name, "header", {"name": name, "schema": schema, "description": told})
    for name, (schema, told) in ANSWERED.items():
        parts.header(name, {"schema": schema, "description": told})
    errors = ("X-Request-Id", "WWW-Authenticate", "Allow", "Retry-After")
    parts.response(
        "Problem",
        {
            "description": "A problem (RFC 9457)",
            "content": {PROBLEM: {"schema": "Problem"}},
            "headers": _headers(errors),
        },
    )


def add_open_addresses(spec: apispec.APISpec) -> None:
    """The addresses that need no sign-in and are no resources."""
    status = {
        "type": "object",
        "properties": {"status": TEXT},
        "required": ["status"],
        "additionalProperties": False,
    }
    for address, summary, kind, schema, statuses in (
        ("/livez", "Whether the server runs.", JSON, status, (200,)),
        ("/readyz", "Whether it can carry out commands now.", JSON, status, (200, 503)),
        ("/metrics", "Numbers for Prometheus.", "text/plain", TEXT, (200,)),
        ("/api/v1/openapi.json", "This document.", JSON, {"type": "object"}, (200,)),
    ):
        answer = {"content": {kind: {"schema": schema}}, "headers": _headers(["X-Request-Id"])}
        said = {200: "Yes", 503: "Not now"}
        spec.path(
            rule=Rule(address),
            operations={
                "get": {
                    "operationId": address.strip("/").replace("/", "_").partition(".")[0],
                    "summary": summary,
                    "security": [],
                    "parameters": ["X-Request-Id"],
                    "responses": {s: {"description": said[s], **answer} for s in statuses},
                }
            },
        )


def _headers(names: Any) -> dict[str, str]:
    return {name: name for name in names}


def _exclusive_ranges(_self: Any, field: ma.fields.Field[Any], ret: dict[str, Any]) -> Any:
    """apispec writes a bound that is excluded as if it were included."""
    for rule in field.validators:
        if isinstance(rule, validate.Range):
            included = {"minimum": rule.min_inclusive, "maximum": rule.max_inclusive}
            for bound in [name for name, given in included.items() if not given and name in ret]:
                ret["exclusive" + bound.capitalize()] = ret.pop(bound)
    return {}


def _plain_query(_self: Any, field: ma.fields.Field[Any], ret: dict[str, Any]) -> Any:
    """A filter that is left out is None to us; nobody can write null behind a question mark."""
    if isinstance(field.root, Query) and field.load_default is None:
        ret.pop("default", None)
        ret["type"] = next(kind for kind in ret["type"] if kind != "null")
        if "enum" in ret:
            ret["enum"] = [value for value in ret["enum"] if value is not None]
    return {}
