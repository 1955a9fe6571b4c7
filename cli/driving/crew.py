"""People and a worker who do what the script says, one step at a time, through the public API.

A step is chosen from what the plant says now and from nothing else, so that a demonstration that
was interrupted goes on where it stood.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from typing import Any

from adapters.client import ApiProblem, Client
from cli.driving.script import Order, Person, Script
from engine.kernel.errors import Conflict

Say = Callable[[str], None]
Item = Mapping[str, Any]
WAITING, INCIDENT = "waiting", "incident"
OVER = ("completed", "cancelled")


class OffScript(Conflict):
    """The plant did something else than the script says."""

    code = "off-script"
    title = "Off script"


class Crew:
    """Everybody in the script, each with a client of their own.

    Args:
        clients: by the name of the person, or of the worker.
        say: where a line for each step goes.
        pause: called after each step; False ends the work.
    """

    def __init__(
        self, script: Script, clients: Mapping[str, Client], say: Say, pause: Callable[[], bool]
    ) -> None:
        self.script, self.clients, self.say, self.pause = script, clients, say, pause
        roles = {role for person in script.people for role in person.roles}
        self._turns = {role: cycle(self._with(role)) for role in roles}
        self._anybody = cycle(self._with("operator"))
        self._worker = clients[script.worker.name]

    def work(self) -> bool:
        """Bring every order to where it is to stand; False if it was interrupted."""
        return all(self.bring(order) for order in self.script.orders)

    def bring(self, order: Order) -> bool:
        """Start an order if it is not there, and drive it and what it opens; False if interrupted.

        Raises:
            OffScript: if it then stands elsewhere than it should.
        """
        if not self._drive(order, self._started(order)):
            return False
        for process, opened in order.opened():
            found = self._found(process, order.business_key)
            if not found:
                raise OffScript(f"{order.business_key} should have opened {process}.")
            if not all(self._drive(opened, instance) for instance in found):
                return False
        return True

    # ---- steps ----

    def _drive(self, order: Order, instance: str) -> bool:
        """Bring one instance to its rest; False if interrupted."""
        while self._step(order, instance):
            if not self.pause():
                return False
        self._claim_at_the_end(order, instance)
        _check(order, self._read(instance))
        return True

    def _started(self, order: Order) -> str:
        planner = self.clients[next(self._turns["planner"])]
        process, key = self.script.process, order.business_key
        if found := self._found(process, key):
            return found[0]
        variables = {"part": order.part, "quantity": order.quantity}
        started = planner.start_instance(process, business_key=key, variables=variables)
        self.say(f"{key}  {order.story}: {order.quantity} x {order.part}")
        return str(started["id"])

    def _step(self, order: Order, instance: str) -> bool:
        """Do one thing for an order; False if there is nothing left to do."""
        shown = self._read(instance)
        if shown["state"] in OVER:
            return False
        return (
            self._do_task(order, instance)
            or self._do_job(order, shown)
            or self._send_message(order, shown)
        )

    def _do_task(self, order: Order, instance: str) -> bool:
        for task in self._worker.pages("/tasks", instance=instance):
            if not self._rests_at(order, instance, task["element"]):
                who = task["assignee"] or next(self._turns.get(task["role"], self._anybody))
                time = self._times(instance, form=task["form"])
                answers = self.script.answers_of(order, task["form"], time)
                self.clients[who].complete_task(task["id"], answers)
                self._tell(order, instance, task["element"], who, _said(answers))
                return True
        return False

    def _do_job(self, order: Order, shown: Item) -> bool:
        for element in _waiting(shown):
            if element not in self.script.jobs or self._rests_at(order, shown["id"], element):
                continue
            worker = self.script.worker
            leased = self._worker.claim_jobs(
                worker.topics, worker.name, lease_seconds=worker.lease_seconds
            )
            for job in leased:
                self._finish(order, shown["id"], job)
            return bool(leased)
        return False

    def _finish(self, order: Order, instance: str, job: Item) -> None:
        """Complete a job, or fail it where the script says so."""
        element = job["element"]
        special = order.jobs.get(element, ())
        time = self._times(instance, element=element)
        told = special[time] if time < len(special) else self.script.jobs[element]
        if "fail" in told:
            failure = told["fail"]
            self._worker.fail_job(job, failure["message"], code=failure["code"])
            said = f"{failure['code']}: {failure['message']}"
        else:
            variables = order.filled(told["variables"])
            self._worker.complete_job(job, variables)
            said = _said(variables)
        self._tell(order, instance, element, self.script.worker.name, said)

    def _send_message(self, order: Order, shown: Item) -> bool:
        for element in _waiting(shown):
            told = self.script.messages.get(element)
            if told is None or self._rests_at(order, shown["id"], element):
                continue
            variables = order.filled(told["variables"])
            self._worker.send_message(
                told["name"],
                business_key=order.business_key,
                variables=variables,
                ttl_seconds=told.get("ttl_seconds"),
            )
            self._tell(order, shown["id"], element, self.script.worker.name, _said(variables))
            return True
        return False

    def _claim_at_the_end(self, order: Order, instance: str) -> None:
        if order.claimed_by is None:
            return
        for task in self._worker.pages("/tasks", instance=instance):
            if task["element"] in order.stop_at and task["assignee"] is None:
                self.clients[order.claimed_by].claim_task(task["id"])
                self.say(_line(order, task["element"], order.claimed_by, "claimed"))

    # ---- what the plant says ----

    def _found(self, process: str, business_key: str) -> list[str]:
        """The instances of a process with a key."""
        rows = self._worker.pages("/instances", process=process, business_key=business_key)
        return [str(row["id"]) for row in rows]

    def _rests_at(self, order: Order, instance: str, element: str) -> bool:
        """Whether nobody is to touch this order here: at the visit that the script names."""
        if element not in order.stop_at or order.expect == INCIDENT:
            return False
        return self._times(instance, element=element) == order.visit - 1

    def _times(self, instance: str, *, element: str = "", form: str | None = None) -> int:
        """How often an element was passed, or a form answered, by one order."""
        if element:
            steps = self._worker.pages(f"/instances/{instance}/history", limit=200)
            return sum(step["element"] == element for step in steps)
        done = self._worker.pages("/tasks", instance=instance, state="completed", limit=200)
        return sum(task["form"] == form for task in done)

    def _read(self, instance: str) -> Item:
        shown: Item = self._worker.get(f"/instances/{instance}")
        return shown

    def _tell(self, order: Order, instance: str, element: str, who: str, said: str) -> None:
        shown = self._read(instance)
        rests = [token["element"] for token in shown["tokens"]]
        if shown["incidents"]:
            rests.append("incident")
        self.say(_line(order, element, who, f"{said} -> {', '.join(rests) or shown['state']}"))

    def _with(self, role: str) -> list[str]:
        return [person.name for person in self.script.people if role in person.roles]


def set_up(
    script: Script, shell: Client, client_of: Callable[[str], Client], tokens: dict[str, str]
) -> Iterator[tuple[str, Client]]:
    """Create people and worker, each with a token; what is in `tokens` is there already."""
    people = {person.name: person for person in script.people}
    for name, roles in script.everybody:
        if name not in tokens:
            if name in people:
                _create(shell, people[name], script.password)
            owner = name if name in people else None
            tokens[name] = shell.post("/tokens", {"roles": list(roles), "user": owner})["token"]
        yield name, client_of(tokens[name])


def _create(shell: Client, person: Person, password: str) -> None:
    about = {"full_name": person.full_name, "badge": person.badge, "pin": person.pin}
    told = {"name": person.name, "roles": list(person.roles), "password": password, **about}
    try:
        shell.post("/users", told)
    except ApiProblem as problem:
        if problem.type != "/problems/user-exists":
            raise


def station_code(script: Script, shell: Client) -> str:
    """A code that makes a device the script's station; the station is made where it is not."""
    for station in shell.pages("/stations"):
        if station["name"] == script.station and station["revoked"] is None:
            made = shell.post(f"/stations/{station['id']}/code", {})
            break
    else:
        made = shell.post("/stations", {"name": script.station})
    return str(made["code"])


def _check(order: Order, shown: Item) -> None:
    stands = INCIDENT if shown["incidents"] else shown["state"]
    rests = {token["element"] for token in shown["tokens"]}
    if stands != order.expect or rests != set(order.stop_at):
        raise OffScript(
            f"{order.business_key} should be {order.expect} at {sorted(order.stop_at)}, but is "
            f"{stands} at {sorted(rests)}."
        )


def _waiting(shown: Item) -> list[str]:
    return [token["element"] for token in shown["tokens"] if token["state"] == WAITING]


def _said(values: Mapping[str, Any]) -> str:
    """The first answers, as a person would say them."""
    shown = {True: "yes", False: "no"}
    words = [f"{k} {shown[v] if isinstance(v, bool) else v}" for k, v in values.items()]
    return ", ".join(words[:2]) or "done"


def _line(order: Order, element: str, who: str, said: str) -> str:
    return f"{order.business_key}  {element:22} {who:8} {said}"
