"""OPC UA: subscriptions, events and alarms, methods, typed writes, secured sessions.

Addresses are `nsu=<uri>;s=…`, with `#events` behind the node for its events and alarms; a method
is `nsu=<uri>;s=<object>#<name>`. One subscription carries all tags, and its traffic, values or
keep-alives, is the proof of life.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Self
from urllib.parse import urlsplit

from asyncua import Client, ua

from adapters.clock import now_ms
from adapters.machines.core import (
    AddressInvalid,
    Lost,
    Notice,
    NotSent,
    Quality,
    Sample,
    Sink,
    Tag,
    Unknown,
    Value,
    Write,
)
from adapters.machines.protocols import ua_values
from adapters.machines.protocols.certificates import Term
from adapters.machines.protocols.ua_address import address, method
from adapters.machines.protocols.ua_methods import Methods
from adapters.machines.protocols.ua_session import (
    Security,
    ask,
    close_session,
    decide,
    explain,
    is_open,
    open_session,
    security,
)
from adapters.machines.protocols.ua_subscription import Spot, Subscription

TIMEOUT = 4.0
NO_EVENTS = "events_are_not_read"


class Machine:
    """An OPC UA server.

    Args:
        url: `opc.tcp://host:4840/path`.
        security: how the session is protected.
        timeout: seconds to wait for one answer.
    """

    def __init__(self, url: str, security: Security, timeout: float = TIMEOUT) -> None:
        self.late = 0  # the server looks, and tells when it threw something away
        self._terms: list[Term] = []
        self._url = url
        self._security = security
        self._timeout = timeout
        self._client: Client | None = None
        self._namespaces: list[str] = []
        self._subscription: Subscription | None = None
        self._types: dict[str, ua.VariantType] = {}
        self._methods = Methods()

    @classmethod
    def check(cls, options: Mapping[str, object], tags: Sequence[Tag]) -> None:
        """Check options and tags; see `Adapter.check`."""
        for name, value in options.items():
            if name == "security":
                _security(value)
            elif name != "timeout":
                raise AddressInvalid(f"Option {name} is not known; expected timeout or security")
            elif not isinstance(value, int | float) or not 0.1 <= value <= 60:
                raise AddressInvalid(f"Option timeout: expected 0.1 to 60 seconds, got {value!r}")
        for tag in tags:
            try:
                spot = address(tag.address)
            except AddressInvalid as error:
                raise AddressInvalid(f"Tag {tag.name}: {error}") from error
            if spot.is_events and tag.writable:
                raise AddressInvalid(f"Tag {tag.name}: events cannot be written")

    @classmethod
    def make(cls, url: str, options: Mapping[str, object]) -> Self:
        """A server that is not connected yet.

        Raises:
            AddressInvalid: if the URL leads to no OPC UA server.
        """
        cls.check(options, ())
        parts = urlsplit(url)
        if parts.scheme != "opc.tcp" or not parts.hostname or not parts.port:
            raise AddressInvalid(f"{url!r} leads to no OPC UA server; expected opc.tcp://host:4840")
        if parts.username is not None:
            raise AddressInvalid("A user does not belong in the URL; write security: user")
        timeout = float(str(options.get("timeout", TIMEOUT)))
        return cls(url, _security(options.get("security", {})), timeout)

    async def connect(self) -> None:
        """See `Adapter.connect`; from the first `subscribe` on the server shows that it lives."""
        self._client, self._terms = await open_session(self._url, self._security, self._timeout)
        try:
            self._namespaces = await self._client.get_namespace_array()
            self._subscription = Subscription(self._client, self._timeout)
        except Exception as error:
            raise explain(error, self._url, self._security) from error

    def _connected(self) -> Client:
        if self._client is None or not is_open(self._client):
            raise Lost(f"{self._url} closed the connection")
        return self._client

    def alive(self) -> float:
        """See `Adapter.alive`.

        Raises:
            Lost: if the connection is gone, or the server ended the subscription.
        """
        subscription = self._subscribed()
        if subscription.ended is not None:
            raise Lost(f"the server ended the subscription: {subscription.ended}")
        return subscription.alive

    def _subscribed(self) -> Subscription:
        self._connected()
        if self._subscription is None:
            raise Lost(f"{self._url} is not connected")
        return self._subscription

    @property
    def drops(self) -> int:
        """Values that the server threw away, and publications that never came."""
        return 0 if self._subscription is None else self._subscription.drops

    @property
    def warnings(self) -> list[Notice]:
        """Which of the certificates that this session stands on end soon."""
        return [notice for term in self._terms if (notice := term.notice()) is not None]

    async def subscribe(self, tags: Sequence[Tag], sink: Sink) -> Mapping[str, str]:
        """See `Adapter.subscribe`; a namespace that is missing now may come later."""
        try:
            subscription = self._subscribed()
            subscription.sink = sink
            await subscription.remove([tag.name for tag in tags])
            places, refused = await self._places(tags)
            return refused | await subscription.add(places)
        except Exception as error:
            raise explain(error, self._url, self._security) from error

    async def _places(self, tags: Sequence[Tag]) -> tuple[list[Spot], dict[str, str]]:
        addresses = [(tag, address(tag.address)) for tag in tags]
        if any(spot.uri not in (None, *self._namespaces) for _, spot in addresses):
            self._namespaces = await self._connected().get_namespace_array()
        places, refused = [], {}
        for tag, spot in addresses:
            try:
                places.append((tag, spot, spot.node(self._namespaces)))
            except LookupError as error:
                refused[tag.name] = str(error)
        return places, refused

    async def unsubscribe(self, names: Sequence[str]) -> None:
        """See `Adapter.unsubscribe`."""
        await self._subscribed().remove(names)

    async def read(self, tags: Sequence[Tag]) -> list[Sample]:
        """See `Adapter.read`; events cannot be read, they come."""
        try:
            places, missing = await self._places([t for t in tags if not _is_events(t)])
            nodes = [node for _, _, node in places]
            values = await self._connected().uaclient.session.read_attributes(
                nodes, ua.AttributeIds.Value
            )
        except Exception as error:
            raise explain(error, self._url, self._security) from error
        self._subscribed().alive = time.monotonic()
        now = now_ms()
        found = {
            tag.name: ua_values.sample(tag.name, data, now)
            for (tag, _, _), data in zip(places, values, strict=True)
        }
        for tag in tags:
            if tag.name not in found:
                reason = missing.get(tag.name, NO_EVENTS)
                found[tag.name] = Sample(tag.name, None, Quality.BAD, reason, None, now)
        return [found[tag.name] for tag in tags]

    async def write(self, writes: Sequence[Write], *, timeout: float) -> None:
        """See `Adapter.write`; each value goes as the node's own type, without a time of ours."""
        client, asked = await self._prepare(writes)
        answer = await ask(client, asked, ua.WriteResponse, timeout)
        bad = [
            (write.tag.name, str(status.name))
            for write, status in zip(writes, answer.Results, strict=True)
            if not status.is_good()
        ]
        if not bad:
            return
        name, code = bad[0]
        if len(bad) < len(writes) and answer.Results[-1].is_good():
            # The last one is the strobe: the machine may have started with what was there before.
            raise Unknown(f"{name} was refused ({code}), but not the others")
        raise decide(code, f"{name}: the server")

    async def _prepare(self, writes: Sequence[Write]) -> tuple[Client, ua.WriteRequest]:
        try:
            client = self._connected()
            places, missing = await self._places([write.tag for write in writes])
            if missing or not places:
                raise NotSent("; ".join(missing.values()) or "nothing to write")
            await self._learn_types(client, places)
            asked = ua.WriteRequest()
            for write, (_, _, node) in zip(writes, places, strict=True):
                kind = self._types[write.tag.address]
                data = ua.DataValue(ua_values.variant(write.value, kind))
                asked.Parameters.NodesToWrite.append(
                    ua.WriteValue(NodeId=node, AttributeId=ua.AttributeIds.Value, Value=data)
                )
        except NotSent:
            raise
        except Exception as error:  # whatever it was, nothing has been written
            raise NotSent(str(error) or type(error).__name__) from error
        return client, asked

    async def _learn_types(self, client: Client, places: Sequence[Spot]) -> None:
        unknown = [(tag, node) for tag, _, node in places if tag.address not in self._types]
        if not unknown:
            return
        nodes = [node for _, node in unknown]
        declared = await client.uaclient.session.read_attributes(nodes, ua.AttributeIds.DataType)
        for (tag, node), data in zip(unknown, declared, strict=True):
            data.StatusCode.check()
            kind = ua_values.builtin(data.Value.Value)
            if kind is None:
                kind = await client.get_node(node).read_data_type_as_variant_type()
            self._types[tag.address] = kind

    async def call(
        self, method_: str, arguments: Sequence[Value], *, timeout: float
    ) -> list[Value]:
        """See `Adapter.call`; `method_` is `nsu=<uri>;s=<object>#<name>`."""
        try:
            client = self._connected()
            asked = await self._methods.request(
                client, method(method_), self._namespaces, arguments
            )
        except Exception as error:  # whatever it was, nothing has been called
            raise NotSent(str(error) or type(error).__name__) from error
        answer = await ask(client, asked, ua.CallResponse, timeout)
        result = answer.Results[0]
        if not result.StatusCode.is_good():
            raise decide(str(result.StatusCode.name), f"{method_}: the server")
        return [ua_values.plain(out.Value)[0] for out in result.OutputArguments]

    async def close(self) -> None:
        """See `Adapter.close`."""
        client, self._client = self._client, None
        if self._subscription is not None:
            await self._subscription.close()
        if client is not None:
            await close_session(client)


def _security(given: object) -> Security:
    if not isinstance(given, Mapping):
        raise AddressInvalid("security: expected policy, mode, user, certificates …")
    return security(given)


def _is_events(tag: Tag) -> bool:
    return address(tag.address).is_events
