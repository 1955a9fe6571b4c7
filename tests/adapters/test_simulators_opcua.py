"""The simulated lathe over OPC UA, in one walk: its server takes seconds to be made."""

import json

import pytest

from adapters.machines.core import Lost, Refused, Tag
from adapters.machines.protocols.opcua import Machine
from adapters.simulate.cnc import Cnc
from tests.support.machines.samples import Samples, run, until

URI = Cnc.uri
FAST = 0.05
START = f"nsu={URI};s=Cnc#StartJob"


def tag(name: str) -> Tag:
    return Tag(name.lower(), f"nsu={URI};s=Cnc.{name}", interval=FAST)


TAGS = [*map(tag, ("State", "PartCount", "JobState", "Diameter", "JobOrderList"))]
ALARMS = Tag("alarms", f"nsu={URI};s=Cnc#events", interval=FAST)


async def watching(cnc: Cnc) -> tuple[Machine, Samples]:
    line, sink = Machine.make(cnc.url, {}), Samples()
    await line.connect()
    assert await line.subscribe([*TAGS, ALARMS], sink) == {}
    return line, sink


async def work(cnc: Cnc) -> None:
    line, sink = await watching(cnc)
    await line.call(START, ["LATHE-1-1", "SHAFT-25", 2], timeout=2)
    await sink.until(lambda s: s.values("jobstate")[-1:] == ["Ended"])
    await sink.until(lambda s: s.values("partcount")[-1:] == [cnc.memory.data.good])
    await line.call(START, ["LATHE-1-1", "SHAFT-25", 2], timeout=2)  # known, not started again
    assert cnc.memory.data.cycle == 2
    with pytest.raises(Refused) as refused:
        await line.call(START, ["LATHE-1-2", "NO-SUCH-PROGRAM", 1], timeout=2)
    assert refused.value.code == "BadInvalidArgument"
    await cnc.fault("breakdown", code=8, seconds=0.3)
    await sink.until(lambda s: len(s.of("alarms")) == 2)
    told = [json.loads(str(value)) for value in sink.values("alarms")]
    assert [(alarm["code"], alarm["active"]) for alarm in told] == [("8", True), ("8", False)]
    assert told[0]["text"] == "Chip conveyor jammed"
    await cnc.fault("bad", seconds=30)
    await sink.until(lambda s: s.of("diameter")[-1].reason == "BadSensorFailure")
    await cnc.fault("none")
    await line.close()


async def shift(cnc: Cnc) -> None:
    line, _ = await watching(cnc)
    await cnc.fault("namespaces", more=2)
    await until(lambda: is_lost(line))
    await line.close()
    line, sink = await watching(cnc)
    await sink.until(lambda s: s.values("state") == [0])
    await line.close()


def is_lost(line: Machine) -> bool:
    try:
        line.alive()
    except Lost:
        return True
    return False


def test_a_lathe_takes_jobs_raises_alarms_and_survives_a_shift_of_its_namespaces() -> None:
    async def walk() -> None:
        async with Cnc(speed=200) as cnc:
            await work(cnc)
            await shift(cnc)

    run(walk(), seconds=60)
