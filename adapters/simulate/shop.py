"""All machines of a small shop in one process: a lathe, an oven, a press and a leak tester.

    python -m adapters.simulate.shop --speed 10 --memory FOLDER

The first line it prints is JSON: the address of each machine by the code of its unit. It ends with
its standard input, so that it never outlives whoever started it.
"""

import argparse
import asyncio
import json
import sys
import threading
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from adapters.simulate import cnc, leak_tester, oven, press
from adapters.simulate.simulator import Simulator

MACHINES: dict[str, type[Simulator]] = {
    "LATHE-1": cnc.Cnc,
    "OVEN-1": oven.Oven,
    "PRESS-1": press.Press,
    "LEAK-1": leak_tester.LeakTester,
}
# Nobody who looks on waits three quarters of an hour for a charge.
FASTER = {"OVEN-1": 60.0}


async def run(speed: float, memory: Path, ended: asyncio.Event) -> None:
    """Serve all machines until an event.

    Args:
        speed: how much faster they work than real ones.
        memory: where they keep what a controller keeps without power.
    """
    memory.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as opened:
        urls = {}
        for number, (unit, kind) in enumerate(MACHINES.items(), 1):
            kept = memory / f"{unit}.json"
            pace = speed * FASTER.get(unit, 1.0)
            machine = kind(seed=number, speed=pace, memory=kept, produce=False)
            await opened.enter_async_context(machine)
            urls[unit] = machine.url
        sys.stdout.write(json.dumps(urls) + "\n")
        sys.stdout.flush()
        await ended.wait()


async def _main(speed: float, memory: Path) -> None:
    ended, loop = asyncio.Event(), asyncio.get_running_loop()

    def wait() -> None:
        sys.stdin.buffer.read()
        with suppress(RuntimeError):  # it has ended already
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, name="input", daemon=True).start()
    await run(speed, memory, ended)


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--speed", type=float, default=1.0)
    told.add_argument("--memory", type=Path, required=True)
    given = told.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(given.speed, given.memory))
