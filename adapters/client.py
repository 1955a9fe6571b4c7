"""The REST API seen from outside: what workers, people's devices and scripts call.

Every POST carries an Idempotency-Key, so that a call whose answer was lost is simply sent again:
the server carries it out once.
"""

import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from json import JSONDecoder
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
import orjson

PREFIX = "/api/v1"
ATTEMPTS = 5
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0  # seconds
UNAVAILABLE = 503

_answers = JSONDecoder(parse_float=Decimal)


class ApiProblem(Exception):
    """What the server refused (RFC 9457).

    Args:
        document: the problem as the server sent it.
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.type = str(document.get("type", "about:blank"))
        self.title = str(document.get("title", "Refused"))
        self.detail = str(document.get("detail", self.title))
        self.errors: list[dict[str, str]] = list(document.get("errors", ()))
        self.document = document
        super().__init__(self.detail)


class Unreachable(Exception):
    """No answer came, however often it was asked; whether it was carried out is unknown."""


class Client:
    """One caller of one server; safe to share between threads.

    Args:
        url: where the server is, without `/api/v1`.
        token: whom the calls are made for.
        transport: another way to the server than the network.
        verify: how the server's certificate is checked.
        timeout: seconds to wait for one answer.
        attempts: how often a call is sent at most.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        verify: SSLContext | bool = True,
        timeout: float = 30.0,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.url = url.rstrip("/")
        self.attempts = attempts
        self._stopped = threading.Event()
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            transport=transport,
            verify=verify,
            timeout=timeout,
            trust_env=False,  # a plant's network has no proxy between its own machines
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop waiting for another attempt, and close the connections."""
        self._stopped.set()
        self._http.close()

    # ---- calls ----

    def get(self, path: str, **query: Any) -> Any:
        """Read; arguments that are None are left out.

        Raises:
            ApiProblem: what the server refuses.
            Unreachable: if no answer comes.
        """
        return _read(self.send("GET", path, params=_given(query)))

    def post(self, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        """Do something, once."""
        return _read(self.send("POST", path, params=_given(query), **_json(body or {})))

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change something."""
        return _read(self.send("PATCH", path, **_json(body)))

    def delete(self, path: str) -> Any:
        """Remove something."""
        return _read(self.send("DELETE", path))

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, cursor=cursor, **query)
            yield from page["items"]
            cursor = page.get("next")
            if cursor is None:
                return

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        """Send a request under `/api/v1` until it is answered, with the same key each time.

        Raises:
            ApiProblem: what the server refuses.
            Unreachable: if no answer comes.
        """
        sent = dict(headers or {})
        if method == "POST":
            sent.setdefault("Idempotency-Key", uuid4().hex)
        for attempt in range(1, self.attempts + 1):
            try:
                response = self._http.request(method, PREFIX + path, headers=sent, **request)
            except httpx.TransportError as error:
                if not self._again(attempt, error, method):
                    raise Unreachable(f"{self.url} does not answer: {error}.") from error
                continue
            if response.status_code != UNAVAILABLE or not self._again(attempt, None, method):
                break
        if response.is_error:
            raise ApiProblem(response.status_code, _problem(response))
        return response

    def _again(self, attempt: int, error: httpx.TransportError | None, method: str) -> bool:
        """Wait before the next attempt; False if there is to be none.

        A PATCH carries no key: once it may have arrived, it is not sent again.
        """
        if attempt >= self.attempts:
            return False
        if method == "PATCH" and error is not None and not isinstance(error, httpx.ConnectError):
            return False
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0**attempt) * random.uniform(0.5, 1.0)
        return not self._stopped.wait(wait)

    # ---- what workers do ----

    def claim_jobs(
        self,
        topics: Sequence[str],
        worker: str,
        *,
        limit: int = 1,
        lease_seconds: int = 60,
        units: Sequence[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Lease open jobs of some topics; what there is, at once.

        Args:
            units: codes of work units: only jobs for them, at most one for each.
        """
        body: dict[str, Any] = {
            "topics": list(topics),
            "worker": worker,
            "limit": limit,
            "lease_seconds": lease_seconds,
        }
        if units is not None:
            body["units"] = list(units)
        items: list[dict[str, Any]] = self.post("/jobs/claim", body)["items"]
        return items

    def complete_job(
        self, job: Mapping[str, Any], variables: Mapping[str, Any] | None = None
    ) -> Any:
        """Hand in the result of a claimed job."""
        body = {"fence": job["fence"], "variables": variables or {}}
        return self.post(f"/jobs/{job['id']}/complete", body)

    def fail_job(
        self,
        job: Mapping[str, Any],
        message: str,
        *,
        code: str | None = None,
        retry_in: int | None = None,
    ) -> Any:
        """Say that a claimed job could not be done; `code` raises the BPMN error of that name."""
        told = _given({"code": code, "retry_in": retry_in})
        return self.post(
            f"/jobs/{job['id']}/fail", {"fence": job["fence"], "message": message, **told}
        )

    def extend_job(self, job: Mapping[str, Any], lease_seconds: int) -> Any:
        """Keep a claimed job's lease for longer."""
        body = {"fence": job["fence"], "lease_seconds": lease_seconds}
        return self.post(f"/jobs/{job['id']}/extend", body)

    def send_message(
        self,
        name: str,
        *,
        business_key: str | None = None,
        variables: Mapping[str, Any] | None = None,
        ttl_seconds: int | None = None,
    ) -> Any:
        """Send a message to whoever waits for it, or to the process that it starts."""
        told = _given({"business_key": business_key, "ttl_seconds": ttl_seconds})
        return self.post("/messages", {"name": name, "variables": variables or {}, **told})

    def broadcast(self, name: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Tell a signal to all who wait for it, and to every process that it starts."""
        return self.post("/broadcasts", {"name": name, "variables": variables or {}})

    # ---- what people do ----

    def my_tasks(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """The caller's tasks and those the caller may claim, the most urgent first."""
        return self.pages("/tasks", mine="true", **filters)

    def claim_task(self, task: str) -> Any:
        """Take an open task."""
        return self.post(f"/tasks/{task}/claim")

    def complete_task(self, task: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Complete a task with the answers of its form."""
        return self.post(f"/tasks/{task}/complete", {"variables": variables or {}})

    def start_instance(
        self,
        process: str,
        *,
        version: int | None = None,
        business_key: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Any:
        """Start a process."""
        told = _given({"version": version, "business_key": business_key})
        return self.post("/instances", {"process": process, "variables": variables or {}, **told})

    def deploy(
        self, main: str, files: Mapping[str, bytes], *, replaces: str | None = None
    ) -> dict[str, Any]:
        """Deploy a bundle as a draft.

        Args:
            main: the name of the routing among `files`.
            replaces: the ETag of the open draft that this one takes the place of.
        """
        others = sorted(files.keys() - {main})
        parts = [("main", (main, files[main])), *((n, (n, files[n])) for n in others)]
        headers = {} if replaces is None else {"If-Match": replaces}
        version: dict[str, Any] = _read(
            self.send("POST", "/processes", files=parts, headers=headers)
        )
        return version


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _json(body: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON body in httpx's words; a Decimal becomes a number with the same digits."""
    content = orjson.dumps(body, default=_plain)
    return {"content": content, "headers": {"Content-Type": "application/json"}}


def _plain(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _read(response: httpx.Response) -> Any:
    """The answer, its fractions as Decimal; None without a body."""
    return _answers.decode(response.text) if response.content else None


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """The problem document; whatever else answers, such as a proxy, is described like one."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    return {"title": response.reason_phrase, "detail": f"{response.url} answered {response}."}
