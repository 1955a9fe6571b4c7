"""The guide is true: its shell blocks run, in order, against a plant that is being served."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import ROOT, Shell

GUIDE = ROOT / "docs/guide/an-hour-with-curl.md"
# What the blocks print, each word that matters in its order.
TOLD = [
    "draft",
    "released",
    "rework",
    "measure",
    "active",
    "/problems/task-already-completed",
    "10.05",
    "completed",
    "1",
    "completed",
    "begin",
    "measure",
    "within_limits",
    "rework",
    "measure",
    "within_limits",
    "harden",
    "cooled",
    "done",
    "failed",
    "locked",
    "resolved",
    "cooled",
]


@pytest.mark.skipif(not shutil.which("curl"), reason="the guide is about curl")
def test_an_hour_with_curl(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    script = "set -euo pipefail\n" + "\n".join(blocks)
    shell = Shell(tmp_path / "plant")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/routecard"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m routecard "$@"\n')
    command.chmod(0o755)
    with shell.serving() as running:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=shell.env
            | {
                "API": f"{running.url}/api/v1",
                "PATH": f"{command.parent}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    words = iter(re.split(r"\s+", done.stdout))
    assert all(word in words for word in TOLD), done.stdout
