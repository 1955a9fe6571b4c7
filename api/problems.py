"""Errors become `application/problem+json`; the only place that knows their HTTP numbers.

Source: RFC 9457.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    RequestEntityTooLarge,
)

from engine.kernel import json_text
from engine.kernel.errors import (
    Conflict,
    Invalid,
    NotFound,
    NotPermitted,
    NotSignedIn,
    PreconditionRequired,
    RoutecardError,
    Stale,
    TooMany,
    Unavailable,
)
from engine.kernel.log import log

STATUS: dict[type[RoutecardError], int] = {
    Invalid: 422,
    NotFound: 404,
    NotSignedIn: 401,
    NotPermitted: 403,
    Conflict: 409,
    Stale: 412,
    PreconditionRequired: 428,
    TooMany: 429,
    Unavailable: 503,
}
RETRY_SECONDS = {429: "60", 503: "2"}
BUG = "Something went wrong here; it was logged. Nothing was changed."


def status_of(refusal: RoutecardError) -> int:
    """The HTTP status of a refusal, by its nearest known class."""
    for kind in type(refusal).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return 409


def problem_document(refusal: RoutecardError, instance: str) -> dict[str, object]:
    """The body that describes a refusal."""
    document: dict[str, object] = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": status_of(refusal),
        "detail": refusal.detail,
        "instance": instance,
    }
    if refusal.errors:
        document["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in refusal.errors]
    return document | refusal.members


def problem(document: dict[str, object]) -> Response:
    """A response that carries a problem."""
    status = document["status"]
    assert isinstance(status, int)
    return Response(json_text.write(document), status, mimetype="application/problem+json")


def register_problems(
    app: Flask,
    is_page: Callable[[], bool],
    shown: Callable[[RoutecardError | HTTPException], Response],
) -> None:
    """Answer every error of ours, of the framework and of a bug as a problem.

    Args:
        is_page: whether the request asks for a screen.
        shown: the error as a screen.
    """

    for kind, answered in _ANSWERS.items():

        def answer(error: Any, answered: Callable[[Any], Response] = answered) -> Response:
            if isinstance(error, HTTPException | RoutecardError):
                return shown(error) if is_page() else answered(error)
            log.error("request_failed", path=request.path, method=request.method, exc_info=error)
            return shown(InternalServerError(BUG)) if is_page() else answered(error)

        app.register_error_handler(kind, answer)


def _refused(refusal: RoutecardError) -> Response:
    response = problem(problem_document(refusal, request.path))
    if isinstance(refusal, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="routecard"'
    if response.status_code in RETRY_SECONDS:
        response.headers["Retry-After"] = RETRY_SECONDS[response.status_code]
    return response


def _framework(error: HTTPException) -> Response:
    response = problem(_framework_document(error, error.code or 500))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _bug(_error: Exception) -> Response:
    return problem(
        {
            "type": "/problems/internal",
            "title": "Internal error",
            "status": 500,
            "detail": BUG,
            "instance": request.path,
        }
    )


_ANSWERS: dict[type[Exception], Callable[[Any], Response]] = {
    RoutecardError: _refused,
    HTTPException: _framework,
    Exception: _bug,
}


def _framework_document(error: HTTPException, status: int) -> dict[str, object]:
    phrase = HTTPStatus(status).phrase
    detail = error.description or phrase
    if isinstance(error, RequestEntityTooLarge):
        detail = "The request is larger than this address accepts."
    return {
        "type": f"/problems/{phrase.lower().replace(' ', '-')}",
        "title": phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
