"""The client: one key for every attempt, problems as they came, numbers with their digits."""

from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest

from adapters.client import ApiProblem, Client, Unreachable

Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers one after the other from a list; what it is sent stays in `requests`."""

    def __init__(self, *answers: httpx.Response | type[httpx.TransportError]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("gone", request=request)

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("Idempotency-Key") for request in self.requests]

    def client(self, attempts: int = 3) -> Client:
        transport = httpx.MockTransport(self)
        return Client("http://plant", "rc_x", transport=transport, attempts=attempts)


BUSY = {"type": "/problems/unavailable", "title": "Unavailable", "detail": "Send it again."}


def test_a_lost_answer_is_asked_for_with_the_same_key() -> None:
    server = Server(httpx.ReadError, httpx.Response(503, json=BUSY), httpx.Response(200, json={}))
    with server.client() as client:
        client.post("/messages", {"name": "oven_finished"})
        assert len(server.requests) == 3
        assert len(set(server.keys)) == 1
        assert server.keys[0]
        server.answers = [httpx.Response(200, json={})]
        client.post("/messages", {"name": "oven_finished"})
    assert server.keys[-1] != server.keys[0]
    assert {request.headers["Authorization"] for request in server.requests} == {"Bearer rc_x"}
    assert {request.url.path for request in server.requests} == {"/api/v1/messages"}


def test_attempts_have_an_end() -> None:
    server = Server(httpx.ConnectError, httpx.ConnectError)
    with server.client(attempts=2) as client, pytest.raises(Unreachable, match="http://plant"):
        client.get("/tasks")
    server = Server(httpx.Response(503, json=BUSY), httpx.Response(503, json=BUSY))
    with server.client(attempts=2) as client, pytest.raises(ApiProblem, match="Send it again"):
        client.get("/tasks")


def test_a_change_that_may_have_arrived_is_not_sent_twice() -> None:
    server = Server(httpx.ReadError, httpx.Response(200, json={}))
    with server.client() as client, pytest.raises(Unreachable):
        client.patch("/users/ana", {"active": False})
    server = Server(httpx.ConnectError, httpx.Response(200, json={"name": "ana"}))
    with server.client() as client:
        assert client.patch("/users/ana", {"active": False}) == {"name": "ana"}


def test_a_problem_is_told_as_it_came() -> None:
    errors = [{"pointer": "/variables/diameter", "detail": "A number is needed."}]
    document = {
        "type": "/problems/form-invalid",
        "title": "Form",
        "status": 422,
        "detail": "No.",
        "errors": errors,
    }
    server = Server(httpx.Response(422, json=document))
    with server.client() as client, pytest.raises(ApiProblem) as refused:
        client.complete_task("t", {"diameter": "wide"})
    problem = refused.value
    assert (problem.status, problem.type, problem.title, problem.detail, problem.errors) == (
        422,
        "/problems/form-invalid",
        "Form",
        "No.",
        errors,
    )


def test_whatever_answers_instead_is_described() -> None:
    server = Server(httpx.Response(502, text="<h1>Bad gateway</h1>"))
    with server.client() as client, pytest.raises(ApiProblem, match="502") as refused:
        client.get("/tasks")
    assert refused.value.type == "about:blank"


def test_numbers_keep_their_digits() -> None:
    server = Server(httpx.Response(200, content=b'{"diameter": 25.310}'))
    with server.client() as client:
        answer = client.post("/messages", {"variables": {"diameter": Decimal("25.310"), "n": 3}})
    assert server.requests[0].content == b'{"variables":{"diameter":25.310,"n":3}}'
    assert str(answer["diameter"]) == "25.310"


def test_pages_follow_the_cursor() -> None:
    server = Server(
        httpx.Response(200, json={"items": [{"id": 1}, {"id": 2}], "next": "c/2"}),
        httpx.Response(200, json={"items": [{"id": 3}], "next": None}),
    )
    with server.client() as client:
        assert [item["id"] for item in client.my_tasks(role=None)] == [1, 2, 3]
    first, second = (dict(request.url.params) for request in server.requests)
    assert (first, second) == ({"mine": "true"}, {"mine": "true", "cursor": "c/2"})


def test_workers_and_people_have_calls_of_their_own() -> None:
    server = Server(*(httpx.Response(200, json={"items": []}) for _ in range(9)))
    job = {"id": "j", "fence": 7}
    with server.client() as client:
        assert client.claim_jobs(["heat"], "oven-1") == []
        client.complete_job(job, {"charge": 4})
        client.fail_job(job, "too hot", code="oven_fault")
        client.extend_job(job, 90)
        client.send_message("oven_finished", business_key="WO-1")
        client.broadcast("alarm", {"zone": 3})
        client.claim_task("t")
        client.start_instance("turned_shaft", business_key="WO-1")
        client.deploy("a.bpmn", {"a.bpmn": b"<a/>", "b.dmn": b"<b/>"}, replaces='"tag"')
    sent = [
        (request.url.path.removeprefix("/api/v1"), request.read()) for request in server.requests
    ]
    assert sent[:8] == [
        ("/jobs/claim", b'{"topics":["heat"],"worker":"oven-1","limit":1,"lease_seconds":60}'),
        ("/jobs/j/complete", b'{"fence":7,"variables":{"charge":4}}'),
        ("/jobs/j/fail", b'{"fence":7,"message":"too hot","code":"oven_fault"}'),
        ("/jobs/j/extend", b'{"fence":7,"lease_seconds":90}'),
        ("/messages", b'{"name":"oven_finished","variables":{},"business_key":"WO-1"}'),
        ("/broadcasts", b'{"name":"alarm","variables":{"zone":3}}'),
        ("/tasks/t/claim", b"{}"),
        (
            "/instances",
            b'{"process":"turned_shaft","variables":{},"business_key":"WO-1"}',
        ),
    ]
    deployed = server.requests[-1]
    assert deployed.headers["If-Match"] == '"tag"'
    assert b'name="main"; filename="a.bpmn"' in deployed.content
    assert all(server.keys)


def test_a_gateway_claims_for_its_units() -> None:
    server = Server(httpx.Response(200, json={"items": []}))
    with server.client() as client:
        client.claim_jobs(["machine.run"], "hall-1", limit=5, units=["LATHE-1", "LATHE-2"])
    assert server.requests[0].read() == (
        b'{"topics":["machine.run"],"worker":"hall-1","limit":5,"lease_seconds":60,'
        b'"units":["LATHE-1","LATHE-2"]}'
    )
