"""Is the process alive, is it ready, how is it doing: for supervisors and Prometheus."""

import sqlalchemy as sa
from flask import Flask, Response, current_app
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from api.permissions import opened
from engine.kernel import db, json_text
from engine.kernel.errors import RoutecardError
from engine.kernel.store import Store
from engine.kernel.store.uow import Uow

REQUESTS = Counter("routecard_requests_total", "Requests answered", ["endpoint", "status"])
SECONDS = Histogram(
    "routecard_request_seconds",
    "Time to answer a request",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
COMMITS = Gauge("routecard_commits", "Transactions committed since the start")
COMMANDS = Gauge("routecard_commands", "Commands carried out since the start")
WAITING = Gauge("routecard_writer_waiting", "Commands that wait for the writer")
BUSY = 1_000
_ONE = db.Statement(sa.text("SELECT 1"))


def observe(endpoint: str, status: int, seconds: float) -> None:
    """Count an answered request."""
    REQUESTS.labels(endpoint, status).inc()
    SECONDS.observe(seconds)


def _probe(uow: Uow) -> None:
    """A transaction that writes nothing: the door is open and the database answers."""
    uow.one(_ONE)


def register(app: Flask) -> None:
    """Offer /livez, /readyz and /metrics, which need no sign-in."""

    def livez() -> Response:
        return _plain({"status": "alive"}, 200)

    def readyz() -> Response:
        if _store().door.waiting > BUSY:
            return _plain({"status": "busy"}, 503)
        try:
            _store().run(_probe)
        except RoutecardError:
            return _plain({"status": "database unavailable"}, 503)
        return _plain({"status": "ready"}, 200)

    def metrics() -> Response:
        door = _store().door
        COMMITS.set(door.commits)
        COMMANDS.set(door.commands)
        WAITING.set(door.waiting)
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)

    for view in (livez, readyz, metrics):
        app.add_url_rule(f"/{view.__name__}", view.__name__, opened(view))


def _store() -> Store:
    store: Store = current_app.extensions["routecard_store"]
    return store


def _plain(body: dict[str, str], status: int) -> Response:
    return Response(json_text.write(body), status, mimetype="application/json")
