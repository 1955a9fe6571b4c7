"""How often an OPC UA server publishes: as often as the fastest tag that a subscription carries.

Some servers keep to the interval that a subscription began with; a tag that comes later and is
faster then gets a subscription of its own.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from asyncua import Client, ua

KEEP_ALIVE = 1.0  # seconds between two signs of life when no value changes
LIFETIME = 60.0  # seconds the server keeps a subscription of ours that does not ask any more
# Seconds between two publications. Some servers (node-opcua) show that they live at every second
# one at the most, so the slowest are half of what is asked for as a sign of life.
FASTEST, SLOWEST = 0.05, KEEP_ALIVE / 2
MORE_REQUESTS = 2  # for publications, beside the library's one


@dataclass(slots=True)
class Part:
    """One subscription of the server.

    Args:
        asked: seconds between two publications, as we asked for them.
        interval: the same, as the server promised.
        slack: seconds more than we asked for that it may take to show that it lives.
        sequence: number of its last publication.
    """

    asked: float
    alive: float
    id: int = 0
    interval: float = SLOWEST
    slack: float = 0.0
    sequence: int | None = None


class Publishing:
    """The subscriptions of a session, one unless the server needs more.

    Args:
        published: takes each publication.
    """

    def __init__(self, client: Client, published: Callable[[Part, ua.PublishResult], None]) -> None:
        self.parts: list[Part] = []
        self._client = client
        self._published = published
        self._asking: list[asyncio.Task[None]] = []

    async def part(self, interval: float) -> Part:
        """The subscription for tags of an interval, the slowest one that is fast enough."""
        wanted = min(SLOWEST, max(FASTEST, interval))
        fitting = [part for part in self.parts if part.asked <= wanted]
        if fitting:
            return max(fitting, key=lambda part: part.asked)
        if not self.parts:
            return await self._create(wanted)
        fastest = min(self.parts, key=lambda part: part.asked)
        if await self._quicken(fastest, wanted):
            return fastest
        try:
            return await self._create(wanted)
        except ua.UaStatusCodeError:  # it has no other: slower values are better than none
            fastest.asked = wanted
            return fastest

    async def close(self) -> None:
        """Ask for no more publications."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _create(self, wanted: float) -> Part:
        every, lifetime, keep_alive = _timing(wanted)
        asked = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=every,
            RequestedLifetimeCount=lifetime,
            RequestedMaxKeepAliveCount=keep_alive,
            MaxNotificationsPerPublish=0,
            PublishingEnabled=True,
            Priority=0,
        )
        part = Part(wanted, time.monotonic())
        session = self._client.uaclient.session
        made = await session.create_subscription(asked, partial(self._published, part))
        part.id, part.interval = made.SubscriptionId, made.RevisedPublishingInterval / 1000
        part.slack = _slack(made)
        self.parts.append(part)
        if not self._asking:
            # The library keeps one request in flight; a busy server then stands with its values.
            self._asking = [
                asyncio.create_task(session._publish_loop()) for _ in range(MORE_REQUESTS)
            ]
        return part

    async def _quicken(self, part: Part, wanted: float) -> bool:
        """Let the server publish more often; False if it stays with what it promised before."""
        every, lifetime, keep_alive = _timing(wanted)
        asked = ua.ModifySubscriptionParameters(
            SubscriptionId=part.id,
            RequestedPublishingInterval=every,
            RequestedLifetimeCount=lifetime,
            RequestedMaxKeepAliveCount=keep_alive,
        )
        answer = await self._client.uaclient.session.update_subscription(asked)
        promised = answer.RevisedPublishingInterval / 1000
        if promised > wanted and promised >= part.interval:
            return False
        part.asked, part.interval, part.slack = wanted, promised, _slack(answer)
        return True


def _slack(promised: ua.CreateSubscriptionResult | ua.ModifySubscriptionResult) -> float:
    """How much longer than asked for a server may be silent, by its own word."""
    silent = float(promised.RevisedPublishingInterval * promised.RevisedMaxKeepAliveCount / 1000)
    return max(0.0, silent - KEEP_ALIVE)


def _timing(publishing: float) -> tuple[float, int, int]:
    """Milliseconds between publications, and how many of them are a lifetime and a keep-alive."""
    return (
        publishing * 1000,
        math.ceil(LIFETIME / publishing),
        math.ceil(KEEP_ALIVE / publishing),
    )
