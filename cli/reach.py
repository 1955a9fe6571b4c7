"""How a command of the shell reaches the plant: always through the REST API.

A SQLite plant that is being served is reached through its server; otherwise the same application
answers inside this process.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from adapters.client import ApiProblem, Client, Unreachable
from cli.plant import Plant, PlantInUse, address_file, open_plant
from cli.shell import trusted
from engine.kernel.errors import RoutecardError
from engine.kernel.log import configure_log
from engine.kernel.settings import Settings

TRIES, WAIT_SECONDS = 100, 0.05
INSIDE = "http://plant.localhost"


class Refused(RoutecardError):
    """What the API answered instead of doing it."""


@contextmanager
def reach(settings: Settings) -> Iterator[Client]:
    """A client of the plant that acts as the person at this shell.

    Raises:
        Refused: what the API refuses, as a sentence.
        RoutecardError: if there is no plant to reach.
    """
    configure_log(settings.log)
    try:
        with _client(settings) as client:
            yield client
    except ApiProblem as problem:
        told = [f"{e.get('pointer', '')}: {e.get('detail', '')}" for e in problem.errors]
        raise Refused(" ".join([problem.detail, *told])) from problem
    except Unreachable as lost:
        raise Refused(f"{lost} Whether it was carried out is unknown.") from lost


@contextmanager
def _client(settings: Settings) -> Iterator[Client]:
    """The plant itself where nobody has it, else the server that has it.

    A server that is just starting, or another short command, is waited for.
    """
    waiting = threading.Event()
    for attempt in range(TRIES):
        try:
            with open_plant(settings) as plant, inside(plant) as client:
                yield client
                return
        except PlantInUse:
            address = _address(settings)
            if address is None and attempt == TRIES - 1:
                raise
        if address is not None:
            with Client(address["url"], address["token"]) as client:
                yield client
                return
        waiting.wait(WAIT_SECONDS)


@contextmanager
def inside(plant: Plant) -> Iterator[Client]:
    """A client of an application that runs in this process."""
    from api.app import create_app  # half a second that a running server spares its shell

    app = create_app(plant.store, plant.folder, plant.readings)
    token = trusted(app)
    with Client(INSIDE, token, transport=httpx.WSGITransport(app)) as client:
        yield client


def _address(settings: Settings) -> dict[str, str] | None:
    try:
        address: dict[str, str] = json.loads(address_file(settings).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return address
