"""The files that the guide for machines shows are right as they stand there."""

import re
from pathlib import Path

from adapters.machines.config.reading import read_folder
from tests.support.shell import ROOT

GUIDE = (ROOT / "docs/guide/machines.md").read_text("utf-8")


def test_both_files_of_the_guide_are_right(tmp_path: Path) -> None:
    reading, writing = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "reading.yaml").write_text(reading, "utf-8")
    about, tags = reading.replace("LATHE-7", "LATHE-8").split("tags:\n")
    switch, more = writing.split("tags:\n")
    (tmp_path / "writing.yaml").write_text(f"{about}{switch}tags:\n{tags}{more}", "utf-8")
    found = read_folder(tmp_path)
    assert [str(finding) for finding in found.findings] == []
    assert len(found.machines) == 2
