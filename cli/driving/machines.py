"""The machines of the demonstration: simulated ones, a gateway, and somebody who loads them.

From the socket inwards everything is what a plant uses: the protocols, the files, the gateway.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from adapters.client import ApiProblem, Client, Unreachable
from cli.driving.crew import Say
from cli.serving.beside import MACHINES

DEMO = Path(__file__).parents[2] / "processes" / "demo"
FILES = DEMO / "machines"
MEMORY = "simulated"  # what the simulated controllers keep without power
LOOK_SECONDS = 2.0
BOOT_SECONDS, END_SECONDS = 0.2, 10.0
EXISTS = "/problems/equipment-exists"

Shop = Mapping[str, Any]


def read_shop() -> Shop:
    """What the shop consists of, and what is made in it."""
    told: Shop = json.loads((DEMO / "shop.json").read_text("utf-8"))
    return told


def furnish(shop: Shop, client: Client) -> None:
    """Make the equipment of the shop, or what is missing of it."""
    for told in shop["classes"]:
        _made(client, "/equipment-classes", told)
    for told in shop["equipment"]:
        unit = shop["unit"] if told["level"] == "work_unit" else {}
        _made(client, "/equipment", {**told, **unit})


def _made(client: Client, path: str, told: Mapping[str, Any]) -> None:
    try:
        client.post(path, told)
    except ApiProblem as problem:
        if problem.type != EXISTS:
            raise


@contextmanager
def simulated(home: Path, speed: float, stopping: threading.Event) -> Iterator[bool]:
    """Simulated machines, and their files in the home, for as long as the block lasts.

    Yields:
        whether they run: booting takes seconds, and `stopping` may come first.
    """
    words = ["--speed", str(speed), "--memory", str(home / MEMORY)]
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.simulate.shop", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C is for the demonstration, which then ends them
    )
    assert process.stdin is not None
    assert process.stdout is not None
    folder = home / MACHINES
    try:
        urls = _booted(process.stdout, stopping)
        _write_files(folder, urls)
        yield bool(urls)
    finally:
        for file in folder.glob("*.yaml"):  # nobody is to look for machines that are gone
            file.unlink()
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _booted(said: IO[str], stopping: threading.Event) -> dict[str, str]:
    """Where the machines are, by their units; empty if that is not waited for."""
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.append(said.readline()), daemon=True)
    reader.start()
    while reader.is_alive() and not stopping.is_set():
        reader.join(BOOT_SECONDS)
    urls: dict[str, str] = json.loads(lines[0] or "{}") if lines else {}
    return urls


def _write_files(folder: Path, urls: Mapping[str, str]) -> None:
    """The shipped files, with the addresses at which the machines are this time."""
    if not urls:
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    for file in sorted(FILES.glob("*.yaml")):
        lines = file.read_text("utf-8").splitlines(keepends=True)
        unit = next(line.split()[1] for line in lines if line.startswith("unit:"))
        told = [f"url: {urls[unit]}\n" if line.startswith("url:") else line for line in lines]
        (folder / file.name).write_text("".join(told), "utf-8")
    (folder / "gateway.yaml").write_text("name: demo\n", "utf-8")


class Loader:
    """Somebody who orders shafts and loads them, so that the machines never stand for long."""

    def __init__(self, shop: Shop, planner: Client, operator: Client, say: Say) -> None:
        self.shop, self.planner, self.operator, self.say = shop, planner, operator, say
        self._made = 0

    def work(self, wait: Callable[[float], bool]) -> None:
        """Go on until `wait`, which waits so many seconds, says that it is over."""
        while not wait(LOOK_SECONDS) and self._made < self.shop["most"]:
            with suppress(ApiProblem, Unreachable):  # it looks again
                self.look()

    def look(self) -> None:
        """Load what is ordered; order when too little is under way."""
        process = self.shop["process"]
        rows = list(self.planner.pages("/instances", process=process, state="active"))
        for task in self.operator.pages("/tasks", mine="true", state="open"):
            if task["element"] == self.shop["first_task"]:
                number = task["business_key"]
                self.operator.complete_task(task["id"], {"serial": f"SN-{number}"})
        if len(rows) < self.shop["waiting"]:
            self._made += 1
            every = self.planner.pages("/instances", process=process, limit=200)
            number = f"WO-{2001 + sum(1 for _ in every)}"
            self.planner.start_instance(process, business_key=number, variables={})
            self.say(f"{number}  a shaft for the machines")


@contextmanager
def loading(loader: Loader) -> Iterator[None]:
    """Let somebody load machines for as long as the block lasts."""
    over = threading.Event()
    thread = threading.Thread(target=loader.work, args=(over.wait,), name="loader")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
