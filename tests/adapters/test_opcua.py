"""OPC UA against a server in this process: values, alarms, methods, writes, and what goes wrong."""

import json
import time

import pytest
from asyncua import ua

from adapters.machines.core import (
    AddressInvalid,
    Lost,
    NotSent,
    Quality,
    Refused,
    Tag,
    Unknown,
    Write,
)
from adapters.machines.protocols import ua_subscription
from adapters.machines.protocols.opcua import Machine
from tests.support.machines.opcua import Floor, Press, at, free_port
from tests.support.machines.samples import Samples, until
from tests.support.machines.wire import wire

FAST = 0.05


async def connected(made: Press, **options: object) -> Machine:
    machine = Machine.make(made.url, options)
    await machine.connect()
    return machine


def test_values_come_with_quality_and_the_machines_own_time(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine, sink = await connected(made), Samples()
        tags = [Tag("temp", at("Temp"), interval=FAST), Tag("count", at("Count"))]
        assert await machine.subscribe(tags, sink) == {}
        await sink.until(lambda s: s.values("temp") == [20.0] and s.values("count") == [7])
        await made.set("Temp", 21.5, ms=1_700_000_000_123)
        await sink.until(lambda s: 21.5 in s.values("temp"))
        assert sink.of("temp")[-1].source_ms == 1_700_000_000_123
        await made.set("Temp", 0.0, ua.StatusCodes.BadSensorFailure)
        await made.set("Count", 8, ua.StatusCodes.UncertainLastUsableValue)
        await sink.until(lambda s: len(s.of("temp")) == 3 and len(s.of("count")) == 2)
        bad, unsure = sink.of("temp")[-1], sink.of("count")[-1]
        assert (bad.value, bad.quality, bad.reason) == (None, "bad", "BadSensorFailure")
        assert (unsure.value, unsure.reason) == (8, "UncertainLastUsableValue")
        await made.set("Temp", float("nan"))
        await sink.until(lambda s: s.of("temp")[-1].reason == "nan")
        assert machine.drops == 0
        await machine.close()

    floor.run(walk())


def test_a_name_again_replaces_its_tag_and_unsubscribing_ends_it(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine, sink = await connected(made), Samples()
        await machine.subscribe([Tag("a", at("Temp"), interval=FAST)], sink)
        await machine.subscribe([Tag("a", at("Count"), interval=FAST)], sink)
        await sink.until(lambda s: 7 in s.values("a"))
        await machine.subscribe([Tag("b", at("Recipe"), interval=FAST)], sink)
        await machine.unsubscribe(["a"])
        sink.clear()
        await made.set("Temp", 1.0)
        await made.set("Count", 1)
        await made.set("Recipe", 1)
        await sink.until(lambda s: s.values("b")[-1:] == [1])
        assert sink.of("a") == []
        await machine.close()

    floor.run(walk())


def test_what_is_refused_is_named_and_accepted_when_it_appears(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine, sink = await connected(made), Samples()
        tags = [
            Tag("late", at("Late"), interval=FAST),
            Tag("temp", at("Temp"), interval=FAST),
            Tag("other", "nsu=urn:nobody;s=x", interval=FAST),
        ]
        refused = await machine.subscribe(tags, sink)
        assert refused == {
            "late": "BadNodeIdUnknown",
            "other": "the server has no namespace urn:nobody now",
        }
        await made.add("Late", 5, ua.VariantType.Int32)
        assert await machine.subscribe(tags[:1], sink) == {}
        await sink.until(lambda s: s.values("late") == [5])
        await made.server.register_namespace("urn:nobody")
        assert await machine.subscribe(tags[2:], sink) == {"other": "BadNodeIdUnknown"}
        await machine.close()

    floor.run(walk())


def test_alarms_come_as_text_with_their_state(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine, sink = await connected(made), Samples()
        assert await machine.subscribe([Tag("alarms", at("Press") + "#events")], sink) == {}
        await made.alarm("Overpressure", "Pressure above 220 bar", 700, True)
        await made.alarm("Overpressure", "Pressure is normal", 700, False)
        await sink.until(lambda s: len(s.of("alarms")) == 2)
        assert [json.loads(str(value)) for value in sink.values("alarms")] == [
            {
                "code": "Overpressure",
                "text": "Pressure above 220 bar",
                "severity": 700,
                "active": True,
            },
            {
                "code": "Overpressure",
                "text": "Pressure is normal",
                "severity": 700,
                "active": False,
            },
        ]
        await machine.close()

    floor.run(walk())


def test_keep_alives_prove_life_while_nothing_changes(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine = await connected(made)
        await machine.subscribe([Tag("temp", at("Temp"), interval=FAST)], Samples())
        before = machine.alive()
        await until(lambda: machine.alive() > before)
        await machine.close()

    floor.run(walk())


def test_a_value_that_does_not_change_is_confirmed_as_long_as_the_server_lives(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ua_subscription, "CONFIRM", 0.2)

    async def walk() -> None:
        async with wire(floor.press.port) as line:
            machine = Machine.make(f"opc.tcp://127.0.0.1:{line.port}/press", {})
            await machine.connect()
            sink = Samples()
            tags = [Tag("name", at("Name"), interval=FAST), Tag("alarms", at("Press#events"))]
            await machine.subscribe(tags, sink)
            await floor.press.alarm("Overpressure", "Once", 700, True)
            await sink.until(lambda s: len(s.of("name")) > 2)
            first, again = sink.of("name")[0], sink.of("name")[-1]
            assert first.source_ms is not None
            assert (again.value, again.source_ms) == ("PRESS-01", None)
            assert again.received_ms > first.received_ms
            await sink.until(lambda s: len(s.of("alarms")) == 1)
            line.freeze()
            await until(lambda: line.kept > 0)
            frozen = len(sink.of("name"))
            await until(lambda: time.monotonic() - machine.alive() > 0.5)
            assert len(sink.of("name")) == frozen
            assert len(sink.of("alarms")) == 1
            await machine.close()

    floor.run(walk())


def test_a_write_has_the_nodes_own_type_and_goes_once(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine = await connected(made)
        point, recipe = Tag("point", at("SetPoint")), Tag("recipe", at("Recipe"))
        strobe = Tag("strobe", at("Strobe"))
        writes = [Write(point, 12), Write(recipe, 7.0), Write(strobe, 1)]
        await machine.write(writes, timeout=2)
        data = await made.nodes["SetPoint"].read_data_value()
        assert data.Value == ua.Variant(12.0, ua.VariantType.Float)
        assert await made.get("Recipe") == 7
        assert await made.get("Strobe") is True
        for value in (-1, 70_000, 1.5, "7", None):
            with pytest.raises(NotSent, match="does not fit into UInt16"):
                await machine.write([Write(recipe, value)], timeout=2)
        assert await made.get("Recipe") == 7
        await machine.close()

    floor.run(walk())


def test_a_refused_write_says_so_and_half_a_write_is_unknown(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine = await connected(made)
        temp, strobe = Tag("temp", at("Temp")), Tag("strobe", at("Strobe"))
        with pytest.raises(Refused) as refused:
            await machine.write([Write(temp, 1)], timeout=2)
        assert refused.value.code in ("BadNotWritable", "BadUserAccessDenied")
        with pytest.raises(Unknown, match="temp was refused"):
            await machine.write([Write(temp, 1), Write(strobe, True)], timeout=2)
        with pytest.raises(NotSent, match="does not exist"):
            await machine.write([Write(Tag("no", at("Nothing")), 1)], timeout=2)
        await machine.close()

    floor.run(walk())


def test_a_method_is_called_with_the_types_that_it_declares(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine, start = await connected(made), at("Press") + "#StartJob"
        assert await machine.call(start, ["WO-1", 7], timeout=2) == [True]
        assert made.jobs == [("WO-1", 7)]
        with pytest.raises(NotSent, match=r"takes 2 arguments \(job, recipe\), not 1"):
            await machine.call(start, ["WO-1"], timeout=2)
        with pytest.raises(NotSent, match="there are StartJob"):
            await machine.call(at("Press") + "#Stop", [], timeout=2)
        with pytest.raises(NotSent, match="does not fit into UInt16"):
            await machine.call(start, ["WO-1", -1], timeout=2)
        assert len(made.jobs) == 1
        await machine.close()

    floor.run(walk())


def test_reading_answers_each_tag_in_order(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        machine = await connected(made)
        tags = [
            Tag("none", at("Nothing")),
            Tag("name", at("Name")),
            Tag("alarms", at("Press") + "#events"),
            Tag("server", "i=2259"),
        ]
        found = await machine.read(tags)
        assert [(s.tag, s.value, s.quality, s.reason) for s in found] == [
            ("none", None, Quality.BAD, "BadNodeIdUnknown"),
            ("name", "PRESS-01", Quality.GOOD, None),
            ("alarms", None, Quality.BAD, "events_are_not_read"),
            ("server", 0, Quality.GOOD, None),
        ]
        await machine.close()

    floor.run(walk())


def test_a_connection_that_is_cut_is_lost_at_once_and_nothing_is_sent(floor: Floor) -> None:
    async def walk() -> None:
        async with wire(floor.press.port) as line:
            machine = Machine.make(f"opc.tcp://127.0.0.1:{line.port}/press", {})
            await machine.connect()
            line.cut()
            await until(lambda: is_lost(machine))
            with pytest.raises(NotSent):
                await machine.write([Write(Tag("a", at("Strobe")), True)], timeout=1)
            with pytest.raises(NotSent):
                await machine.call(at("Press") + "#StartJob", ["x", 1], timeout=1)
            with pytest.raises(Lost):
                await machine.subscribe([Tag("a", at("Temp"))], Samples())
            before = time.monotonic()
            await machine.close()
            assert time.monotonic() - before < 1
            assert line.connections == 1  # nothing connected again behind our back
        with pytest.raises(Lost, match="cannot be reached"):
            await Machine.make(f"opc.tcp://127.0.0.1:{free_port()}", {}).connect()

    floor.run(walk())
    assert floor.press.jobs == []


def test_a_frozen_server_shows_no_life_and_is_left_within_a_second(floor: Floor) -> None:
    async def walk() -> None:
        async with wire(floor.press.port) as line:
            machine = Machine.make(f"opc.tcp://127.0.0.1:{line.port}/press", {"timeout": 0.2})
            await machine.connect()
            await machine.subscribe([Tag("a", at("Temp"), interval=FAST)], Samples())
            line.freeze()
            last = machine.alive()
            await until(lambda: line.kept > 0)  # the keep-alive is on its way, and stays there
            assert machine.alive() == last
            with pytest.raises(Lost, match="did not answer in time"):
                await machine.read([Tag("a", at("Temp"))])
            before = time.monotonic()
            await machine.close()
            assert time.monotonic() - before < 1

    floor.run(walk())


def test_a_late_write_is_unknown_and_executed_later(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        async with wire(made.port) as line:
            machine = Machine.make(f"opc.tcp://127.0.0.1:{line.port}/press", {})
            await machine.connect()
            recipe = Tag("recipe", at("Recipe"))
            await machine.write([Write(recipe, 1)], timeout=2)
            line.freeze()
            with pytest.raises(Unknown):
                await machine.write([Write(recipe, 2)], timeout=0.1)
            assert await made.get("Recipe") == 1
            watch, sink = await connected(made), Samples()
            await watch.subscribe([Tag("recipe", at("Recipe"), interval=FAST)], sink)
            line.thaw()
            await sink.until(lambda s: s.values("recipe") == [1, 2])
            await machine.close()
            await watch.close()

    floor.run(walk())


def test_a_late_call_is_unknown(floor: Floor) -> None:
    async def walk() -> None:
        made = floor.press
        async with wire(made.port) as line:
            machine = Machine.make(f"opc.tcp://127.0.0.1:{line.port}/press", {})
            await machine.connect()
            start = at("Press") + "#StartJob"
            await machine.call(start, ["one", 1], timeout=2)
            line.freeze()
            with pytest.raises(Unknown):
                await machine.call(start, ["two", 2], timeout=0.1)
            line.thaw()
            await until(lambda: made.jobs == [("one", 1), ("two", 2)])
            await machine.close()

    floor.run(walk())


def is_lost(machine: Machine) -> bool:
    try:
        machine.alive()
    except Lost:
        return True
    return False


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("ns=2;s=Press", "an index changes when the server restarts"),
        ("s=Press", "names no namespace"),
        ("Press.Force", "is no OPC UA address"),
        ("nsu=urn:x;i=seven", "is no identifier of kind i"),
        ("nsu=urn:x;g=7", "is no identifier of kind g"),
    ],
)
def test_a_wrong_address_is_refused_with_the_cure(address: str, message: str) -> None:
    with pytest.raises(AddressInvalid, match=message):
        Machine.check({}, [Tag("t", address)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"auto_reconnect": True}, "is not known"),
        ({"timeout": 0}, "0.1 to 60"),
        ({"security": "none"}, "expected policy"),
        ({"security": {"policy": "Basic128"}}, "is none of"),
        ({"security": {"user": "mes", "password": "x"}}, "anybody on the network"),
        ({"security": {"policy": "Basic256Sha256"}}, "needs certificates"),
        ({"security": {"pki": "x"}}, "security has no pki"),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(AddressInvalid, match=message):
        Machine.check(options, [])


@pytest.mark.parametrize("url", ["opc.tcp://host", "http://host:1", "opc.tcp://u:p@host:4840"])
def test_a_wrong_url_is_refused(url: str) -> None:
    with pytest.raises(AddressInvalid):
        Machine.make(url, {})
