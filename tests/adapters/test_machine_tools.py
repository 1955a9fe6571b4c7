"""Browse, probe and trust, through the command line and against our own servers."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from adapters.machines.config.reading import read_machine
from adapters.machines.core import AddressInvalid
from adapters.machines.protocols import certificates
from adapters.machines.tools.browse import Found, browse, draft
from adapters.machines.tools.probe import probe, table
from adapters.machines.tools.trust import offered
from cli.machines.tools import TOOLS
from tests.support.machines.modbus import device
from tests.support.machines.opcua import Floor, at
from tests.support.machines.samples import run

PROBED = [0x42F7, 0x0000, 0x0001, 0x86A0]


def test_probe_shows_every_order_side_by_side() -> None:
    async def walk() -> list[str]:
        async with device({10: PROBED}) as (url, _):
            return await probe(url, ["holding:10x4", "holding:99"], {})

    lines = run(walk())
    assert lines[0] == "holding:10  42F7 0000 0001 86A0  B......."
    shown = {line.split()[0]: line.split()[1:] for line in lines[1:] if line[:2] == "  "}
    assert shown["float32"][0] == "123.5"
    assert shown["uint32"] == ["1123483648", "17143", "4148297728", "63298"]
    assert len(shown["float64"]) == 4
    assert lines[-1].endswith("ILLEGAL_DATA_ADDRESS")


def test_probe_says_where_there_is_no_number() -> None:
    assert "nan" in table("holding:0", [0x7FC0, 0], ["float32"])[1]
    with pytest.raises(AddressInvalid, match="holding:10x4"):
        run(probe("tcp://127.0.0.1:1", ["holding:x"], {}))


def test_probe_reads_nodes_with_type_quality_and_clock(floor: Floor) -> None:
    lines = floor.run(probe(floor.press.url, [at("Name"), at("None")], {}))
    assert '"PRESS-01"  str  good  clock' in lines[0]
    assert "BadNodeIdUnknown" in lines[1]


def test_browse_writes_a_draft_that_the_gateway_reads(floor: Floor, tmp_path: Path) -> None:
    text = floor.run(browse(floor.press.url, {}, unit="PRESS-7", below="Press"))
    tags = {tag["name"]: tag for tag in yaml.safe_load(text)["tags"]}
    assert tags["temp"]["address"] == at("Temp")
    assert (tags["press"]["signal"], tags["press"]["address"]) == ("alarm", at("Press#events"))
    assert f"#   method: '{at('Press')}#StartJob'" in text
    file = tmp_path / "press.yaml"
    file.write_text(text)
    plan = read_machine(file)
    assert plan.unit == "PRESS-7"
    assert not plan.writes_enabled
    assert set(plan.tags) >= {"temp", "count", "name", "press"}


def test_what_signals_mean_is_guessed_from_names_and_types(tmp_path: Path) -> None:
    found = [
        Found("Line/State", "nsu=urn:x;s=a", "variable", "Int32"),
        Found("Line/PartCount", "nsu=urn:x;s=b", "variable", "UInt32"),
        Found("Line/ScrapCount", "nsu=urn:x;s=c", "variable", "UInt16"),
        Found("Line/Heartbeat", "nsu=urn:x;s=d", "variable", "UInt16"),
        Found("Other/State", "nsu=urn:x;s=e", "variable", "String"),
        Found("Other/Été", "nsu=urn:x;s=f", "variable", "Double"),
    ]
    text = draft("opc.tcp://press:4840", "PRESS-1", {}, found)
    tags = {tag["name"]: tag for tag in yaml.safe_load(text)["tags"]}
    assert {name: tag["signal"] for name, tag in tags.items()} == {
        "state": "state",
        "part_count": "good_count",
        "scrap_count": "scrap_count",
        "heartbeat": "heartbeat",
        "other_state": "raw",
        "t": "raw",
    }
    assert tags["part_count"]["rollover"] == 2**32 - 1
    file = tmp_path / "press.yaml"
    file.write_text(text)
    assert len(read_machine(file).tags) == 6


def test_browse_of_modbus_is_a_frame_that_the_gateway_reads(tmp_path: Path) -> None:
    file = tmp_path / "press.yaml"
    file.write_text(run(browse("tcp://127.0.0.1:1502", {"device_id": 3}, unit="PRESS-1")))
    assert read_machine(file).options["device_id"] == 3


def test_trust_shows_pins_and_makes_ours_once(floor: Floor, folder: Path) -> None:
    with answering(floor):
        given = [floor.press.url, "--certificates", str(folder)]
        tool = next(tool for tool in TOOLS if tool.name == "trust")
        refused = CliRunner().invoke(tool, given, input="n\n")
        assert (refused.exit_code, certificates.trusted(folder)) == (1, [])
        assert "Nothing was trusted" in refused.output
        trusted = CliRunner().invoke(tool, given, input="y\n")
    assert trusted.exit_code == 0, trusted.output
    shown = certificates.load((floor.folder / "server.der").read_bytes())
    assert certificates.fingerprint(shown) in trusted.output
    assert "Aes256Sha256RsaPss with SignAndEncrypt" in trusted.output
    assert certificates.trusted(folder) == [shown]
    assert not (folder / "own.der.before").exists()


def test_a_machine_that_is_not_there_is_told_without_a_traceback() -> None:
    tool = next(tool for tool in TOOLS if tool.name == "probe")
    told = CliRunner().invoke(tool, ["tcp://127.0.0.1:1", "holding:0"])
    assert told.exit_code == 1
    assert told.output.startswith("Error: 127.0.0.1:1 does not accept a connection")


@contextmanager
def answering(floor: Floor) -> Iterator[None]:
    """Let the press answer while a command runs a loop of its own."""
    stop = asyncio.Event()
    loop: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loop.append(asyncio.get_running_loop())
        await stop.wait()

    thread = threading.Thread(target=lambda: floor.run(serve()))
    thread.start()
    try:
        yield
    finally:
        loop[0].call_soon_threadsafe(stop.set)
        thread.join()


def test_a_server_says_what_it_offers(floor: Floor) -> None:
    offer = floor.run(offered(floor.press.url))
    assert offer.protections == (
        "Aes256Sha256RsaPss with SignAndEncrypt",
        "Basic256Sha256 with SignAndEncrypt",
        "None",
    )
