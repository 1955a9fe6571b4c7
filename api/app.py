"""The Flask application: resources, permissions, problems, the OpenAPI document, health."""

import secrets
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request
from flask_smorest import Api

from api import health
from api.callers import Callers
from api.permissions import install_callers, opened, register_permissions
from api.problems import register_problems
from api.rest import (
    document,
    incidents,
    instances,
    jobs,
    messages,
    processes,
    recording,
    tasks,
)
from api.rest.access import sessions, settings, stations, tokens, users
from api.rest.authoring import reading as authoring
from api.rest.authoring import trying
from api.rest.collection import gateways, machines, sending
from api.rest.downtimes import reasons, stops
from api.rest.equipment import classes, nodes
from api.rest.overview import problems as reported
from api.rest.overview import reading as overview
from api.rest.records import audit, files, signatures
from api.rest.route import install_store
from api.web.screens import TEMPLATES, error_screen, is_page, register_screens
from engine.kernel.log import log
from engine.kernel.store import Store
from engine.records.folder import Folder

VERSION = "0.1.0"
PREFIX = "/api/v1"
RESOURCES = (
    *(processes, trying, authoring, instances, tasks, recording, jobs, messages, incidents),
    *(users, tokens, sessions, stations, settings),
    *(files, signatures, audit, reported, overview),
    *(nodes, classes, stops, reasons),
    *(sending, machines, gateways),
)
REQUEST_ID_LENGTH = 64


def create_app(store: Store, folder: Folder | None = None, readings: Store | None = None) -> Flask:
    """The application on a store whose schema is there.

    Args:
        folder: where files are kept; without it none can be uploaded.
        readings: where readings are kept; without it the plant's own store.
    """
    app = build_app()
    install_plant(app, store, folder, readings)
    return app


def install_plant(
    app: Flask, store: Store, folder: Folder | None = None, readings: Store | None = None
) -> None:
    """Let an application speak for a plant; what it remembers of another one is forgotten."""
    install_store(app, store)
    install_callers(app, Callers(store))
    files.install_folder(app, folder)
    sending.install_readings(app, readings or store)
    app.extensions.pop("routecard_zones", None)


def build_app() -> Flask:
    """The application without a plant: every address with its schemas, which takes a while."""
    app = Flask("routecard", static_folder=None, template_folder=str(TEMPLATES))
    app.config.update(
        API_TITLE="Routecard",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        PROPAGATE_EXCEPTIONS=False,
    )
    app.url_map.merge_slashes = False  # a redirect is no answer to a script
    _register_requests(app)
    register_permissions(app)
    api = _Api(app)
    document.begin(api.spec, api.ma_plugin.converter)
    for resource in RESOURCES:
        api.register_blueprint(resource.blueprint, url_prefix=PREFIX)
    health.register(app)
    document.add_open_addresses(api.spec)
    for name, view in app.view_functions.items():
        if name.startswith("api-docs."):
            app.view_functions[name] = opened(view)
    register_screens(app)
    register_problems(app, is_page, error_screen)
    return app


class _Api(Api):  # type: ignore[misc]
    """flask-smorest, with our own answers to errors."""

    def _register_error_handlers(self) -> None:
        """Left to `problems`: every error is a problem document, with its headers."""


def _register_requests(app: Flask) -> None:
    """Give every request an id that its answer and its log lines carry."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        known = given.isascii() and given.replace("-", "").isalnum()
        g.request_id = given if known and len(given) <= REQUEST_ID_LENGTH else secrets.token_hex(8)
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        headers: Any = response.headers
        headers["X-Request-Id"] = g.get("request_id", "")
        headers["X-Content-Type-Options"] = "nosniff"
        if "Cache-Control" not in headers:  # setdefault would raise and catch an error each time
            headers["Cache-Control"] = "no-store"
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        health.observe(request.endpoint or "none", response.status_code, seconds)
        log.debug(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
        return response
