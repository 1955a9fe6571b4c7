"""The shaft through a real socket: the server that plants run, a connection for each request."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from flask import Flask

from cli.serving.server import Server, listen
from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.fixtures import both
from tests.support.golden import check_golden
from tests.support.http import over_socket
from tests.support.openapi import Document
from tests.support.shipped import answer, release_shipped
from tests.support.works import Works

PATH = "reworked once, hardened, released"


@pytest.fixture
def plant(app: Flask, store: Store, clock: ManualClock, document: Document) -> Iterator[Works]:
    """A plant that is served on a free port of loopback."""
    with listen("127.0.0.1", 0) as sock:
        server = Server(app, sock)
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        thread = threading.Thread(target=server.run, name="server")
        thread.start()
        yield Works(store, clock, over_socket(url), document)
        server.stop()
        thread.join()


def through(plant: Works, business_key: str) -> str:
    """An order from its bar to its release; the instance's id."""
    instance = plant.start("turned_shaft", business_key, part="DS-200", quantity=5)
    for element in ("identify_bar", "saw_blank", "turn_diameter"):
        answer(plant, instance, element)
    answer(plant, instance, "inspect_diameter", diameter="25.310 mm")
    answer(plant, instance, "rework_diameter", removed="0.30 mm")
    answer(plant, instance, "inspect_diameter", diameter=Decimal("25.010"))
    for element in ("wash_shaft", "deburr_edges", "mark_shaft"):
        answer(plant, instance, element)
    return instance


@both
def test_a_shaft_goes_through_a_real_server(plant: Works) -> None:
    release_shipped(plant)
    instance = through(plant, "WO-1")
    job = plant.claim_job("heat_treatment", worker="oven-1")
    assert job["parameters"] == {"programme": "H850-T400", "soak_minutes": 40, "quantity": 5}
    plant.complete_job(job, charge="CH-1")
    assert plant.send("oven_finished", business_key="WO-1") == {"delivered": 1}
    for element in ("test_hardness", "draw_sample", "inspect_sample", "release_order"):
        answer(plant, instance, element)
    shown = plant.instance(instance)
    assert (shown["state"], shown["variables"]["result"]) == ("completed", "pass")
    assert str(shown["variables"]["diameter"]) == "25.010"
    check_golden("routings/turned_shaft", PATH, plant.path(instance))


@both
def test_orders_side_by_side_do_not_mix(plant: Works) -> None:
    """Several people at once, each with an order of their own; one worker for all."""
    release_shipped(plant)
    plant.operator.get("/tasks").ok()
    with ThreadPoolExecutor(4) as people:
        orders = list(people.map(lambda n: through(plant, f"WO-{n}"), range(4)))
    jobs = plant.claim_jobs("heat_treatment", limit=10)
    assert {job["instance"]: job["business_key"] for job in jobs} == {
        instance: f"WO-{n}" for n, instance in enumerate(orders)
    }
    for instance in orders:
        assert plant.instance(instance)["tokens"] == [
            {"element": "harden_shaft", "state": "waiting"}
        ]
