"""What stands in the plant's place: real HTTP, and the rules a gateway relies on, in memory.

High-water marks per source, jobs with lease and fence, one job a unit, equipment with its switch.
"""

import itertools
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.waiting import until

Answer = tuple[int, dict[str, Any]]


class Stand:
    """The plant's side."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.marks: Counter[tuple[str, str]] = Counter()
        self.rows: list[dict[str, Any]] = []
        self.readings: list[list[Any]] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.numbers: defaultdict[str, itertools.count[int]] = defaultdict(
            lambda: itertools.count(1)
        )
        self.enabled: defaultdict[str, bool] = defaultdict(lambda: True)
        self.declared: dict[str, Any] = {}
        self.health: dict[str, Any] = {}
        self.sources: set[str] = set()
        self.poison: str | None = None  # a kind that spoils its batch
        self.refuse: str | None = None  # a kind that is refused by the row; of readings, a unit
        self.spoilt = False  # answers 422 to all readings
        self.away = False  # answers 503
        self.forget = 0  # carries so many requests out and closes without an answer

    # ---- what tests do ----

    def job(self, unit: str, action: str, **parameters: Any) -> str:
        with self.lock:
            name = f"job-{len(self.jobs) + 1}"
            self.jobs[name] = {
                "id": name, "topic": "machine", "action": action, "parameters": parameters,
                "unit": unit, "equipment": unit, "fence": 0, "attempt": 0, "state": "open",
                "command": None, "lease": 0.0, "code": None, "variables": None, "message": None,
            }  # fmt: skip
            return name

    def ended(self, *names: str, seconds: float = 20.0) -> list[dict[str, Any]]:
        """Wait until jobs are through."""
        until(lambda: all(self.jobs[n]["state"] not in ("open", "claimed") for n in names), seconds)
        return [self.jobs[name] for name in names]

    def of(self, kind: str, unit: str | None = None) -> list[dict[str, Any]]:
        with self.lock:
            return [r for r in self.rows if r["kind"] == kind and unit in (None, r["unit"])]

    def machines(self, gateway: str = "gateway") -> list[dict[str, Any]]:
        """What a gateway said last about its machines."""
        found: list[dict[str, Any]] = self.health.get(gateway, {}).get("machines", [])
        return found

    def cancel(self, name: str) -> None:
        with self.lock:
            self.jobs[name]["state"] = "cancelled"

    # ---- what the API does ----

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        with self.lock:
            if self.away:
                return 503, {"title": "Unavailable"}
            parts = path.split("/")[3:]  # of /api/v1/…
            if method == "PUT":
                told = self.health if parts[-1] == "health" else self.declared
                told[parts[1]] = body
                return 200, {}
            if method == "GET":
                return 200, {"code": parts[1], "commands_enabled": self.enabled[parts[1]]}
            if parts[0] in ("signals", "readings"):
                return self.take(parts[0], body)
            if parts[1] == "claim":
                return 200, {"items": self.claim(body)}
            return self.close(self.jobs.get(parts[1]), parts[2], body)

    def take(self, what: str, body: dict[str, Any]) -> Answer:
        rows = body["rows"]
        spoilt = self.spoilt and rows if what == "readings" else self.poison
        if spoilt and (what == "readings" or any(r["kind"] == self.poison for r in rows)):
            return 422, {"title": "Invalid", "detail": "a row spoils it all"}
        place = (what, body["source"])
        self.sources.add(body["source"])
        refused = []
        for row in rows:
            seq = row["seq"] if what == "signals" else row[0]
            if seq <= self.marks[place]:
                continue
            self.marks[place] = seq
            kind = body["tags"][row[1]][0] if what == "readings" else row["kind"]
            if kind == self.refuse:
                refused.append({"seq": seq, "detail": "of no use"})
            elif what == "readings":
                self.readings.append([*body["tags"][row[1]], *row[2:]])
            else:
                self.rows.append(row)
        return 200, {"ack": self.marks[place], "refused": refused}

    def claim(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        now = time.monotonic()
        for job in self.jobs.values():
            if job["state"] == "claimed" and job["lease"] < now:
                job["state"] = "open"
        held = {job["unit"] for job in self.jobs.values() if job["state"] == "claimed"}
        items = []
        for job in self.jobs.values():
            if job["state"] != "open" or job["unit"] in held or job["unit"] not in body["units"]:
                continue
            held.add(job["unit"])
            number = job["command"] or next(self.numbers[job["unit"]])
            job |= {"state": "claimed", "command": number, "lease": now + body["lease_seconds"]}
            job |= {"fence": job["fence"] + 1, "attempt": job["attempt"] + 1}
            items.append({k: job[k] for k in KEYS})
        return items

    def close(self, job: dict[str, Any] | None, verb: str, body: dict[str, Any]) -> Answer:
        if job is None:
            return 404, {"title": "Not found"}
        if job["state"] == "cancelled":
            return 409, {"type": "/problems/job-cancelled", "title": "Job cancelled"}
        if job["state"] in ("completed", "failed"):
            return 409, {"type": "/problems/job-already-completed", "title": "Ended"}
        if body["fence"] != job["fence"] or job["state"] != "claimed":
            return 409, {"type": "/problems/stale-fence", "title": "Stale fence"}
        if verb == "extend":
            job["lease"] = time.monotonic() + body["lease_seconds"]
        elif verb == "complete":
            job |= {"state": "completed", "variables": body["variables"]}
        else:
            job |= {"state": "failed", "code": body.get("code"), "message": body["message"]}
        return 200, {}


KEYS = (
    "id", "topic", "action", "parameters", "unit", "equipment", "fence", "attempt", "command",
)  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand: Stand

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else {}
        status, answer = self.stand.answer(self.command, self.path.split("?")[0], body)
        if self.stand.forget > 0 and self.command == "POST" and status == 200:
            self.stand.forget -= 1
            self.close_connection = True
            return
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = handle_any

    def handle(self) -> None:
        with suppress(ConnectionError):  # a gateway that was killed
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """The log is for people, and nobody reads it here."""


@contextmanager
def standing(stand: Stand, port: int = 0) -> Iterator[str]:
    """The address at which a stand answers."""
    handler = type("Handler", (_Handler,), {"stand": stand})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="stand")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
