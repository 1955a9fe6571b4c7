"""Run one simulated machine as a program of its own."""

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

from adapters.simulate.door import Door
from adapters.simulate.simulator import Simulator


def main(kind: type[Simulator]) -> None:
    """Read the command line, and run until told to stop."""
    told = argparse.ArgumentParser(description=(sys.modules["__main__"].__doc__ or "").strip())
    told.formatter_class = argparse.RawDescriptionHelpFormatter
    told.add_argument("--port", type=int, default=0, help="of the protocol; 0 takes any")
    told.add_argument("--door", type=int, help="of the HTTP door for faults; 0 takes any")
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--speed", type=float, default=1.0, help="how much faster than a real one")
    told.add_argument("--memory", type=Path, help="file of the retentive memory")
    told.add_argument("--produce", action="store_true", help="make parts without being told to")
    given = told.parse_args()
    machine = kind(seed=given.seed, speed=given.speed, memory=given.memory, produce=given.produce)
    with suppress(KeyboardInterrupt):
        asyncio.run(run(machine, given.port, given.door))


async def run(machine: Simulator, port: int = 0, door: int | None = None) -> None:
    """Serve until the process is told to end; the first line says where."""
    stopping = asyncio.Event()
    with suppress(RuntimeError):  # Windows has no such handlers
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await machine.start(port)
    opened = Door(machine)
    where = f"READY {machine.url}"
    if door is not None:
        await opened.open(door)
        where += f" door http://127.0.0.1:{opened.port}"
    sys.stdout.write(f"{where}\n")
    sys.stdout.flush()
    try:
        await stopping.wait()
    finally:
        await opened.close()
        await machine.stop()
