"""The plant as the gateway sees it: REST calls in threads, each tried once; retrying is ours."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from adapters.client import ApiProblem, Client, Unreachable
from adapters.clock import CLOCK

THREADS = 8
TIMEOUT = 10.0

__all__ = ["ApiProblem", "Plant", "Unreachable"]


class Plant:
    """The calls that a gateway makes.

    Args:
        client: signed in with a token of the role integration.
    """

    def __init__(self, client: Client) -> None:
        self.url = client.url
        self._client = client
        self._threads = ThreadPoolExecutor(THREADS, "plant")

    @classmethod
    def at(cls, url: str, token: str) -> "Plant":
        """The plant at an address; every call is tried once, the gateway knows when to repeat."""
        return cls(Client(url, token, timeout=TIMEOUT, attempts=1))

    async def signals(self, content: bytes) -> dict[str, Any]:
        """Send rows: `{ack, refused}`."""
        return await self._post("/signals", content)

    async def readings(self, content: bytes) -> dict[str, Any]:
        """Send telemetry: `{ack}`."""
        return await self._post("/readings", content)

    async def declare(
        self, name: str, source: str, machines: Sequence[Mapping[str, Any]]
    ) -> dict[str, str]:
        """Say which machines this gateway has; the units that others have, and who.

        Args:
            source: the id of its buffer file, by which two of one name are told apart.
        """
        body = {"machines": machines, "source": source}
        return await self._put(f"/gateways/{name}", body)

    async def health(self, name: str, health: Mapping[str, Any]) -> dict[str, str]:
        """Say how they are; the units that others have by now, and who. Compares the clocks."""
        return await self._put(f"/gateways/{name}/health", health)

    async def commands_enabled(self, unit: str) -> bool:
        """Whether the plant lets this unit be commanded: the second of the two switches."""
        found = await self._call(self._client.get, f"/equipment/{unit}")
        return bool(found.get("commands_enabled"))

    async def claim(
        self, topics: Sequence[str], worker: str, units: Sequence[str], lease_seconds: int
    ) -> list[dict[str, Any]]:
        """Jobs for these units, at most one for each."""
        body = {
            "topics": list(topics),
            "worker": worker,
            "units": list(units),
            "limit": min(100, len(units)),
            "lease_seconds": lease_seconds,
        }
        answer = await self._call(self._client.post, "/jobs/claim", body)
        items: list[dict[str, Any]] = answer["items"]
        return items

    async def extend(self, job: Mapping[str, Any], lease_seconds: int) -> None:
        """Keep a job for longer."""
        await self._call(self._client.extend_job, job, lease_seconds)

    async def complete(self, job: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        """Hand in a result."""
        await self._call(self._client.complete_job, job, variables)

    async def fail(self, job: Mapping[str, Any], code: str, message: str) -> None:
        """Say how a command ended instead, as a BPMN error."""
        await self._call(partial(self._client.fail_job, code=code), job, message)

    def close(self) -> None:
        """Let go of the connections; a call that is under way ends by itself."""
        self._client.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _post(self, path: str, content: bytes) -> dict[str, Any]:
        answer = await self._call(self._client.send, "POST", path, **_json(content))
        found: dict[str, Any] = answer.json()
        return found

    async def _put(self, path: str, body: Mapping[str, Any]) -> dict[str, str]:
        began = time.monotonic()
        answer = (await self._call(partial(self._client.send, "PUT", path, json=body))).json()
        if told := answer.get("at") or answer.get("seen"):  # both are the plant's present
            at = datetime.fromisoformat(told)
            CLOCK.compare(round(at.timestamp() * 1000), time.monotonic() - began)
        taken: dict[str, str] = answer.get("taken_units", {})
        return taken

    async def _call(self, call: Any, *arguments: Any, **named: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(call, *arguments, **named))


def _json(content: bytes) -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": "application/json"}}
