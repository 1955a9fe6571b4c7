"""One subscription of an OPC UA session: which tags it carries, and what it brings."""

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asyncua import Client, ua

from adapters.machines.core import Lost, Refused, Sample, Sink, Tag, Unknown
from adapters.machines.protocols import ua_events, ua_values
from adapters.machines.protocols.ua_address import Address
from adapters.machines.protocols.ua_session import ask

KEEP_ALIVE = 1.0  # seconds between two signs of life when no value changes
LIFETIME = 60.0  # seconds the server keeps a subscription of ours that does not ask any more
FASTEST, SLOWEST = 0.05, 1.0  # seconds between two publications
QUEUE = 10  # values of one tag that wait in the server if a publication is late
ITEMS_AT_ONCE = 500
MORE_REQUESTS = 2  # for publications, beside the library's one
CONFIRM = 2.0  # seconds after which a value that did not change is told again
SEQUENCE_END = 0xFFFFFFFF  # behind it comes 1 (part 4, 7.26)

Spot = tuple[Tag, Address, ua.NodeId]


class Subscription:
    """All tags of a session, published together; its traffic is the proof of life.

    `drops` counts values that the server threw away because its queue was full, and publications
    that never came; `ended` is why the server ended it.
    """

    def __init__(self, client: Client, timeout: float) -> None:
        self.alive = time.monotonic()
        self.drops = 0
        self.ended: str | None = None
        self.sink: Sink = lambda samples: None
        self._client = client
        self._timeout = timeout
        self._id = 0
        self._publishing = SLOWEST
        self._sequence: int | None = None
        self._items: dict[str, _Item] = {}
        self._handles: dict[int, _Item] = {}
        self._next_handle = 1
        self._confirmed, self._confirmed_ms = self.alive, 0
        self._asking: list[asyncio.Task[None]] = []

    async def _create(self, publishing: float) -> None:
        self._publishing = publishing
        every, lifetime, keep_alive = _timing(publishing)
        asked = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=every,
            RequestedLifetimeCount=lifetime,
            RequestedMaxKeepAliveCount=keep_alive,
            MaxNotificationsPerPublish=0,
            PublishingEnabled=True,
            Priority=0,
        )
        session = self._client.uaclient.session
        self._id = (await session.create_subscription(asked, self._published)).SubscriptionId
        # The library keeps one request in flight; a busy server then stands with its values.
        self._asking = [asyncio.create_task(session._publish_loop()) for _ in range(MORE_REQUESTS)]

    async def close(self) -> None:
        """Ask for no more publications."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def add(self, spots: Sequence[Spot]) -> dict[str, str]:
        """Let the server watch these; the names that it refuses, with the reason."""
        await self._publish(min((tag.interval for tag, _, _ in spots), default=SLOWEST))
        refused: dict[str, str] = {}
        for at in range(0, len(spots), ITEMS_AT_ONCE):
            refused |= await self._create_items(spots[at : at + ITEMS_AT_ONCE])
        return refused

    async def remove(self, names: Sequence[str]) -> None:
        """Let the server watch these no longer."""
        items = [self._items.pop(name) for name in names if name in self._items]
        if not items:
            return
        for item in items:
            self._handles.pop(item.handle, None)
        asked = ua.DeleteMonitoredItemsParameters()
        asked.SubscriptionId = self._id
        asked.MonitoredItemIds = [item.server_handle for item in items]
        await self._client.uaclient.session.delete_monitored_items(asked)

    async def _publish(self, interval: float) -> None:
        """Publish so often; made with the first tags, for some servers keep to what was first."""
        wanted = min(SLOWEST, max(FASTEST, interval))
        if not self._id:
            return await self._create(wanted)
        if wanted >= self._publishing:
            return None
        self._publishing = wanted
        every, lifetime, keep_alive = _timing(wanted)
        asked = ua.ModifySubscriptionParameters(
            SubscriptionId=self._id,
            RequestedPublishingInterval=every,
            RequestedLifetimeCount=lifetime,
            RequestedMaxKeepAliveCount=keep_alive,
        )
        await self._client.uaclient.session.update_subscription(asked)
        return None

    async def _create_items(self, spots: Sequence[Spot]) -> dict[str, str]:
        asked = ua.CreateMonitoredItemsParameters()
        asked.SubscriptionId = self._id
        asked.TimestampsToReturn = ua.TimestampsToReturn.Source
        items = []
        for tag, spot, node in spots:
            item = _Item(tag, self._next_handle)
            self._next_handle += 1
            items.append(item)
            # Before the answer: the first values may come earlier than it.
            self._handles[item.handle] = item
            asked.ItemsToCreate.append(_request(item, spot, node))
        results = await self._client.uaclient.session.create_monitored_items(asked)
        refused = {}
        for item, result in zip(items, results, strict=True):
            if result.StatusCode.is_good():
                item.server_handle = result.MonitoredItemId
                self._items[item.tag.name] = item
            else:
                del self._handles[item.handle]
                refused[item.tag.name] = str(result.StatusCode.name)
        await self._refresh(
            spot for tag, spot, _ in spots if spot.is_events and tag.name not in refused
        )
        return refused

    async def _refresh(self, spots: Iterator[Address]) -> None:
        """Ask for the alarms that stand already; many servers cannot, and that is no fault."""
        if next(spots, None) is None:
            return
        asked = ua.CallRequest()
        asked.Parameters.MethodsToCall = [
            ua.CallMethodRequest(
                ObjectId=ua.NodeId(ua.ObjectIds.ConditionType),
                MethodId=ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh),
                InputArguments=[ua.Variant(self._id, ua.VariantType.UInt32)],
            )
        ]
        try:
            await ask(self._client, asked, ua.CallResponse, self._timeout)
        except Refused:
            pass
        except Unknown as error:
            raise Lost(str(error)) from error

    def _published(self, result: ua.PublishResult) -> None:
        self.alive = time.monotonic()
        message = result.NotificationMessage
        if message.NotificationData:
            self._take(message)
        if self.alive - self._confirmed >= CONFIRM:
            self._confirm()

    def _take(self, message: ua.NotificationMessage) -> None:
        if self._sequence is not None:
            expected = self._sequence % SEQUENCE_END + 1
            self.drops += message.SequenceNumber != expected
        self._sequence = message.SequenceNumber
        samples = list(self._samples(message.NotificationData))
        if samples:
            self.sink(samples)

    def _samples(self, notifications: Sequence[Any]) -> Iterator[Sample]:
        now = time.time_ns() // 1_000_000
        for notification in notifications:
            if isinstance(notification, ua.DataChangeNotification):
                for change in notification.MonitoredItems:
                    item = self._handles.get(change.ClientHandle)
                    if item is not None:
                        self.drops += ua_values.overflowed(change.Value)
                        item.last = ua_values.sample(item.tag.name, change.Value, now)
                        yield item.last
            elif isinstance(notification, ua.EventNotificationList):
                yield from self._alarms(notification, now)
            elif isinstance(notification, ua.StatusChangeNotification):
                self.ended = str(notification.Status.name)

    def _confirm(self) -> None:
        """Tell again what has not changed: the server lives, so its silence about a value is one.

        Without the machine's time, which is that of the change.
        """
        since, now = self._confirmed_ms, time.time_ns() // 1_000_000
        same = [
            Sample(last.tag, last.value, last.quality, last.reason, None, now)
            for item in self._items.values()
            if (last := item.last) is not None and last.received_ms < since
        ]
        self._confirmed, self._confirmed_ms = self.alive, now
        if same:
            self.sink(same)

    def _alarms(self, events: ua.EventNotificationList, now: int) -> Iterator[Sample]:
        for event in events.Events:
            item = self._handles.get(event.ClientHandle)
            told = item and ua_events.sample(item.tag.name, event.EventFields, now)
            if told:
                yield told


@dataclass(slots=True)
class _Item:
    """A tag that the server watches for us."""

    tag: Tag
    handle: int
    server_handle: int = 0
    last: Sample | None = None  # None for events, which are over when they are told


def _timing(publishing: float) -> tuple[float, int, int]:
    """Milliseconds between publications, and how many of them are a lifetime and a keep-alive."""
    return (
        publishing * 1000,
        math.ceil(LIFETIME / publishing),
        math.ceil(KEEP_ALIVE / publishing),
    )


def _request(item: _Item, spot: Address, node: ua.NodeId) -> ua.MonitoredItemCreateRequest:
    watched = ua.ReadValueId()
    watched.NodeId = node
    watched.AttributeId = ua.AttributeIds.EventNotifier if spot.is_events else ua.AttributeIds.Value
    wanted = ua.MonitoringParameters()
    wanted.ClientHandle = item.handle
    wanted.QueueSize = QUEUE
    wanted.DiscardOldest = True
    if spot.is_events:
        wanted.SamplingInterval = 0.0
        wanted.Filter = ua_events.event_filter()
    else:
        # No deadband: servers compute it differently, or wrongly; the gateway applies its own.
        # Sampled twice as often as asked for: a value that changes just as often is not missed.
        wanted.SamplingInterval = item.tag.interval * 500
    asked = ua.MonitoredItemCreateRequest()
    asked.ItemToMonitor = watched
    asked.MonitoringMode = ua.MonitoringMode.Reporting
    asked.RequestedParameters = wanted
    return asked
