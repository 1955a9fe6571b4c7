"""What an OPC UA session watches: which tags it carries, and what they bring."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asyncua import Client, ua

from adapters.clock import now_ms
from adapters.machines.core import Lost, Refused, Sample, Sink, Tag, Unknown
from adapters.machines.protocols import ua_values
from adapters.machines.protocols.ua_address import Address
from adapters.machines.protocols.ua_publishing import SLOWEST, Part, Publishing
from adapters.machines.protocols.ua_session import ask

QUEUE = 10  # values of one tag that wait in the server if a publication is late
ITEMS_AT_ONCE = 500
CONFIRM = 2.0  # seconds after which a value that did not change is told again
SEQUENCE_END = 0xFFFFFFFF  # behind it comes 1 (part 4, 7.26)

Spot = tuple[Tag, Address, ua.NodeId]


class Subscription:
    """All tags of a session; the traffic of what publishes them is the proof of life.

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
        self._publishing = Publishing(client, self._published)
        self._items: dict[str, _Item] = {}
        self._handles: dict[int, _Item] = {}
        self._next_handle = 1
        self._confirmed, self._confirmed_ms = self.alive, 0

    async def close(self) -> None:
        """Ask for no more publications."""
        await self._publishing.close()

    async def add(self, spots: Sequence[Spot]) -> dict[str, str]:
        """Let the server watch these; the names that it refuses, with the reason."""
        part = await self._publishing.part(min((t.interval for t, _, _ in spots), default=SLOWEST))
        refused: dict[str, str] = {}
        for at in range(0, len(spots), ITEMS_AT_ONCE):
            refused |= await self._create_items(part, spots[at : at + ITEMS_AT_ONCE])
        return refused

    async def remove(self, names: Sequence[str]) -> None:
        """Let the server watch these no longer."""
        items = [self._items.pop(name) for name in names if name in self._items]
        if not items:
            return
        for item in items:
            self._handles.pop(item.handle, None)
        for number in {item.part.id for item in items}:
            asked = ua.DeleteMonitoredItemsParameters()
            asked.SubscriptionId = number
            asked.MonitoredItemIds = [i.server_handle for i in items if i.part.id == number]
            await self._client.uaclient.session.delete_monitored_items(asked)

    async def _create_items(self, part: Part, spots: Sequence[Spot]) -> dict[str, str]:
        asked = ua.CreateMonitoredItemsParameters()
        asked.SubscriptionId = part.id
        asked.TimestampsToReturn = ua.TimestampsToReturn.Source
        items = []
        for tag, spot, node in spots:
            item = _Item(tag, part, self._next_handle)
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
        if any(spot.is_events and tag.name not in refused for tag, spot, _ in spots):
            await self._refresh(part)
        return refused

    async def _refresh(self, part: Part) -> None:
        """Ask for the alarms that stand already; many servers cannot, and that is no fault."""
        asked = ua.CallRequest()
        asked.Parameters.MethodsToCall = [
            ua.CallMethodRequest(
                ObjectId=ua.NodeId(ua.ObjectIds.ConditionType),
                MethodId=ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh),
                InputArguments=[ua.Variant(part.id, ua.VariantType.UInt32)],
            )
        ]
        try:
            await ask(self._client, asked, ua.CallResponse, self._timeout)
        except Refused:
            pass
        except Unknown as error:
            raise Lost(str(error)) from error

    def _published(self, part: Part, result: ua.PublishResult) -> None:
        part.alive = time.monotonic()
        self.alive = min(each.alive + each.slack for each in (part, *self._publishing.parts))
        message = result.NotificationMessage
        if message.NotificationData:
            self._take(part, message)
        if self.alive - self._confirmed >= CONFIRM:
            self._confirm()

    def _take(self, part: Part, message: ua.NotificationMessage) -> None:
        if part.sequence is not None:
            expected = part.sequence % SEQUENCE_END + 1
            self.drops += message.SequenceNumber != expected
        part.sequence = message.SequenceNumber
        samples = list(self._samples(message.NotificationData))
        if samples:
            self.sink(samples)

    def _samples(self, notifications: Sequence[Any]) -> Iterator[Sample]:
        now = now_ms()
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
        since, now = self._confirmed_ms, now_ms()
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
            told = item and ua_values.alarm(item.tag.name, event.EventFields, now)
            if told:
                yield told


@dataclass(slots=True)
class _Item:
    """A tag that the server watches for us."""

    tag: Tag
    part: Part
    handle: int
    server_handle: int = 0
    last: Sample | None = None  # None for events, which are over when they are told


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
        wanted.Filter = ua_values.event_filter()
    else:
        # No deadband: servers compute it differently, or wrongly; the gateway applies its own.
        # Sampled twice as often as asked for: a value that changes just as often is not missed.
        wanted.SamplingInterval = item.tag.interval * 500
    asked = ua.MonitoredItemCreateRequest()
    asked.ItemToMonitor = watched
    asked.MonitoringMode = ua.MonitoringMode.Reporting
    asked.RequestedParameters = wanted
    return asked
