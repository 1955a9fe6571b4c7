"""The guide is run as it stands, and its answers are those that come."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import free_port

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/guide/an-hour-with-curl.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BEFORE = """
set -euo pipefail
trap 'kill "${SERVER:-}" 2> /dev/null || true' EXIT
"""
MARK = "---- step {} ----"


def steps(text: str) -> list[tuple[str, list[str]]]:
    """Each block of commands, and the lines of answers shown below it."""
    found: list[tuple[str, list[str]]] = []
    for kind, content in BLOCK.findall(text):
        if kind == "sh":
            found.append((content, []))
        else:
            found[-1][1].extend(content.splitlines())
    return found


def run(script: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run a script as a person would, with our commands in the path and no settings of others."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ROUTECARD_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=kept | {"PATH": path, "TMPDIR": str(home), "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def unlike(output: str, told: list[tuple[str, list[str]]]) -> list[str]:
    """What the guide shows and did not come, by the number of its block."""
    parts = re.split(r"---- step \d+ ----\n", output)[1:]
    return [
        f"block {number}: {line}"
        for number, ((_, lines), part) in enumerate(zip(told, parts, strict=True))
        for line in lines
        if line not in part
    ]


def test_an_hour_with_curl(tmp_path: Path) -> None:
    told = steps(GUIDE.read_text().replace("8080", str(free_port())))
    marked = [f"echo '{MARK.format(n)}'\n{commands}" for n, (commands, _) in enumerate(told)]
    done = run(BEFORE + "".join(marked), tmp_path)
    log = "\n".join(path.read_text()[-2000:] for path in tmp_path.glob("*/serve.log"))
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-2000:]}\n{log}"
    assert unlike(done.stdout, told) == []


@pytest.mark.parametrize("kind", ["missing", "elsewhere"])
def test_an_answer_that_does_not_come_is_noticed(kind: str) -> None:
    output = f"{MARK.format(0)}\none\n{MARK.format(1)}\ntwo\n"
    told = [("", ["one"]), ("", ["three" if kind == "missing" else "one"])]
    assert len(unlike(output, told)) == 1


def test_the_guide_leaves_nothing_behind_in_the_checkout() -> None:
    assert sorted(p.name for p in (GUIDE.parent / "shaft").iterdir()) == [
        "measure_shaft.form.json",
        "shaft.bpmn",
    ]
