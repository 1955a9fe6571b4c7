"""Clients that work on a plant whose server is killed under them, again and again.

Each client takes orders of its own from the start to the end: start, task, job, message, task. It
repeats a request that got no answer with the same key, and notes in the ledger what was answered.
"""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from engine.kernel.actor import Role
from engine.kernel.store import Store
from tests.support import founding
from tests.support.caller import Answer, Caller
from tests.support.ledger import Entry, Instance, Ledger
from tests.support.server import Server

CLIENTS = 8
IN_FLIGHT = 4
SECONDS = 60.0
PATIENCE = 0.05  # until the next try, when the server says that it cannot now
MESSAGE = "oven_ready"
PATH = ("begin", "prepare", "run_cycle", "oven", "finish", "done")
ROLES = (Role.PLANNER, Role.OPERATOR, Role.INTEGRATION)
Item = dict[str, Any]
Steps = tuple[tuple[str, str | None], ...]
DIAGRAM = """
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:mes="urn:routecard:bpmn:1" id="definitions" targetNamespace="urn:routecard:siege">
  <bpmn:message id="ready" name="oven_ready"/>
  <bpmn:process id="part_{n}" isExecutable="true">
    <bpmn:startEvent id="begin"/>
    <bpmn:userTask id="prepare" name="Prepare part"/>
    <bpmn:serviceTask id="run_cycle" name="Run cycle" mes:topic="machine_{n}"/>
    <bpmn:intermediateCatchEvent id="oven" name="Oven ready">
      <bpmn:messageEventDefinition messageRef="ready"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:userTask id="finish" name="Finish part"/>
    <bpmn:endEvent id="done"/>
    <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="prepare"/>
    <bpmn:sequenceFlow id="f2" sourceRef="prepare" targetRef="run_cycle"/>
    <bpmn:sequenceFlow id="f3" sourceRef="run_cycle" targetRef="oven"/>
    <bpmn:sequenceFlow id="f4" sourceRef="oven" targetRef="finish"/>
    <bpmn:sequenceFlow id="f5" sourceRef="finish" targetRef="done"/>
  </bpmn:process>
</bpmn:definitions>
"""


class Siege:
    """A plant, its server, its clients and the ledger.

    Args:
        url: an empty database.
        home: a folder for the server and the ledger.
        seed: of the moments at which the server is killed.
    """

    def __init__(self, url: str, home: Path, seed: int) -> None:
        self.url, self.home = url, home
        self.ledger = Ledger(home / "ledger.jsonl")
        self.token = self._found()
        self.server = Server(url, home)
        self.up, self.over = threading.Event(), threading.Event()
        self.up.set()
        self.ended = False
        self.kills: list[int] = []
        self.seed = seed
        self._chance = random.Random(seed)
        self._flying = 0
        self._changed = threading.Condition()
        self._clients = self.hire()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended = True
        self.over.set()
        self.up.set()
        self.server.end()
        for client in self._clients:
            if client.is_alive():
                client.join(SECONDS)
        self.ledger.close()

    def __str__(self) -> str:
        replayed = sum(entry.replayed for entry in self.ledger.entries())
        return (
            f"seed {self.seed}: {len(self.kills)} kills with {min(self.kills)} to "
            f"{max(self.kills)} requests on their way; {self.ledger.count} acknowledged, "
            f"{replayed} of them at the second try"
        )

    # ---- what is made there, and by whom ----

    def release(self, store: Store) -> None:
        """Release what the clients work on."""
        for number in range(CLIENTS):
            founding.release(store, DIAGRAM.format(n=number).encode())

    def hire(self) -> "Sequence[Client]":
        """Those who work."""
        return [Client(self, number) for number in range(CLIENTS)]

    def _found(self) -> str:
        """Make the plant; the token that all clients use."""
        store = Store(self.url)
        founding.found(store)
        self.release(store)
        token = founding.new_token(store, "ana", *ROLES)
        store.close()
        return token

    # ---- what a test asks for ----

    def start(self) -> None:
        """Let the clients work."""
        for client in self._clients:
            client.start()

    def kill(self, how: Callable[[], None] | None = None) -> None:
        """Kill the server at a random moment when at least four requests are on their way.

        Args:
            how: kills something else that the server needs.
        """
        more = self.ledger.count + self._chance.randint(1, 60)
        self._wait_for(lambda: self.ledger.count >= more)
        threading.Event().wait(self._chance.uniform(0, 0.01))
        self._wait_for(lambda: self._flying >= IN_FLIGHT, then=how or self._kill)
        if how is None:
            self.server.bury()

    def _kill(self) -> None:
        self.up.clear()
        self.server.kill()

    def restart(self) -> None:
        """Serve the same plant again, on the same port."""
        self.server = Server(self.url, self.home, port=self.server.port)
        self.up.set()

    def finish(self) -> None:
        """Let every client bring the order it works on to its end."""
        self.over.set()
        for client in self._clients:
            client.join(SECONDS)
        assert not self.failures(), self.failures()

    def failures(self) -> list[str]:
        """What clients met that no kill explains."""
        return [client.failure for client in self._clients if client.failure]

    def plant(self) -> dict[str, list[Instance]]:
        """Every instance as the API tells it."""
        found: dict[str, list[Instance]] = {}
        for item, steps in self.histories():
            found.setdefault(item["business_key"], []).append(Instance(item["state"], steps))
        return found

    def histories(self) -> Iterator[tuple[Item, Steps]]:
        """Every instance with its steps: the element, and the value that it left there."""
        caller = self.caller()
        for item in items(caller, "/instances?limit=200"):
            history = items(caller, f"/instances/{item['id']}/history?limit=200")
            yield item, tuple((s["element"], s["changed"].get(s["element"])) for s in history)
        caller.close()

    def caller(self) -> Caller:
        """A connection of one's own."""
        return Caller(self.server.port, self.token)

    # ---- what clients ask for ----

    @contextmanager
    def flight(self) -> Iterator[None]:
        """A request is on its way."""
        self.wake(1)
        try:
            yield
        finally:
            self.wake(-1)

    def wake(self, by: int = 0) -> None:
        """Something changed, for instance the number of requests on their way."""
        with self._changed:
            self._flying += by
            self._changed.notify_all()

    def _wait_for(self, what: Callable[[], bool], then: Callable[[], None] | None = None) -> None:
        """Wait until something is so, and do at once what is to be done then."""
        with self._changed:
            came = self._changed.wait_for(lambda: what() or bool(self.failures()), SECONDS)
            assert came, "the clients stand still"
            assert not self.failures(), self.failures()
            if then is not None:
                self.kills.append(self._flying)
                then()


@dataclass(slots=True)
class Order:
    """An order on its way, and where its parts are found."""

    name: str
    instance: str = ""
    task: str = ""


class Client(threading.Thread):
    """Works on its own orders, one after the other."""

    def __init__(self, siege: Siege, number: int) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.siege, self.number = siege, number
        self.failure = ""
        self._caller: Caller | None = None
        self._requests = 0

    def run(self) -> None:
        made = 0
        try:
            while not self.siege.over.is_set():
                made += 1
                self.produce(Order(f"WO-{self.number}-{made}"))
        except Exception as error:
            self.failure = f"{self.name}: {type(error).__name__}: {error}"
        finally:
            self._hang_up()
            self.siege.wake()

    def produce(self, order: Order) -> None:
        """Bring an order from its start to its end."""
        body = {"process": f"part_{self.number}", "business_key": order.name}
        started = self.told(order, "begin", "/instances", body)
        order.instance = started["id"]
        self.complete(order, "prepare")
        asked = {"topics": [f"machine_{self.number}"], "worker": self.name, "lease_seconds": 3600}
        [job] = self.sure("/jobs/claim", asked).body["items"]
        self.told(order, "run_cycle", f"/jobs/{job['id']}/complete", {"fence": job["fence"]})
        message = {"name": MESSAGE, "business_key": order.name}
        assert self.told(order, "oven", "/messages", message) == {"delivered": 1}
        self.complete(order, "finish")

    def complete(self, order: Order, element: str) -> None:
        [task] = self.asked(f"/tasks?instance={order.instance}").body["items"]
        done = self.told(order, element, f"/tasks/{task['id']}/complete", {})
        assert (done["element"], done["state"]) == (element, "completed"), done

    def told(self, order: Order, element: str, path: str, body: dict[str, Any]) -> Any:
        """Send what changes something, with a value of its own, and note that it was answered."""
        value = f"{order.name}:{element}:{self._requests}"
        answer = self.sure(path, body | {"variables": {element: value}})
        self.siege.ledger.write(Entry(order.name, element, value, answer.replayed))
        return answer.body

    def sure(self, path: str, body: object) -> Answer:
        """POST until there is an answer, always with the same key."""
        self._requests += 1
        key = f"{self.name}-{self._requests}"
        return self._until_answered(lambda caller: caller.post(path, body, key))

    def asked(self, path: str) -> Answer:
        """GET until there is an answer."""
        return self._until_answered(lambda caller: caller.get(path))

    def _until_answered(self, send: Any) -> Answer:
        while not self.siege.ended:
            if not self.siege.up.wait(SECONDS):
                raise TimeoutError("the server did not come back")
            try:
                with self.siege.flight():
                    self._caller = self._caller or self.siege.caller()
                    answer: Answer = send(self._caller)
            except OSError:
                self._hang_up()
                continue
            if answer.status in (200, 201):
                return answer
            if answer.status != 503:
                raise RuntimeError(f"answered {answer.status}: {answer.body}")
            self.siege.over.wait(PATIENCE)
        raise RuntimeError("the siege was given up")

    def _hang_up(self) -> None:
        if self._caller is not None:
            self._caller.close()
        self._caller = None


def items(caller: Caller, path: str) -> list[Item]:
    """Every item of a list, page after page."""
    found: list[Item] = []
    cursor = ""
    while True:
        page = caller.get(path + cursor).body
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
