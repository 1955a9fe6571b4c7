"""The islands: built from their sources, in the wheel, every word of theirs in the catalogues."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.islands import build
from api.web.assets import Assets
from api.web.island_terms import LIBRARY_TERMS, TERMS
from api.web.island_words import SENTENCES
from tests.house.tree import ROOT

ISLANDS = ROOT / "api/islands"
SOURCES = ISLANDS / "src"
SAID = re.compile(r"\bsay\('((?:[^'\\]|\\.)*)'")
QUOTED = re.compile(r"'((?:[^'\\\n]|\\.)*)'")


def scripts() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCES.rglob("*.js")):
        yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def test_every_word_of_a_script_is_in_the_list() -> None:
    said = {plain(found) for _, text in scripts() for found in SAID.findall(text)}
    assert sorted(said - {*SENTENCES, *TERMS}) == []
    assert sorted(set(SENTENCES) - said) == []


def test_every_term_is_in_a_script() -> None:
    quoted = {plain(found) for _, text in scripts() for found in QUOTED.findall(text)}
    roles = {"Operator", "Team lead", "Quality", "Process engineer", "Planner"}
    roles |= {"Maintenance", "Integration", "Auditor", "Admin"}
    assert sorted(set(TERMS) - quoted - roles) == []
    assert len({*SENTENCES, *TERMS, *LIBRARY_TERMS}) == len(SENTENCES + TERMS + LIBRARY_TERMS)


def test_scripts_put_nothing_inline() -> None:
    """What the policy of the pages forbids would only be seen in a browser."""
    forbidden = re.compile(
        r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|style=|https?://"
    )
    names = ("http://www.w3.org/", "http://www.omg.org/", "https://www.omg.org/")
    for path, text in scripts():
        for number, line in enumerate(text.splitlines(), start=1):
            bare = line
            for name in names:
                bare = bare.replace(name, "")
            assert not forbidden.search(bare), f"{path}:{number}"


def test_the_lock_names_every_package_by_its_digest() -> None:
    packages = json.loads((ISLANDS / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = json.loads((ISLANDS / "package.json").read_text("utf-8"))
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version
    for path, package in packages.items():
        assert path == "" or package["integrity"].startswith("sha512-"), path
    assert "ignore-scripts=true" in (ISLANDS / ".npmrc").read_text("utf-8").splitlines()


def test_a_package_of_other_bytes_is_refused() -> None:
    locked = json.loads((ISLANDS / "package-lock.json").read_text("utf-8"))["packages"]
    integrity = locked["node_modules/htmx.org"]["integrity"]
    with pytest.raises(build.NotBuilt, match=r"htmx\.org is not the one"):
        build.check(b"something else", integrity, "htmx.org")
    with pytest.raises(build.NotBuilt):
        build.check(b"", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "htmx.org")


def test_without_node_the_sources_are_served_on_the_library_as_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (ISLANDS / "node_modules/bpmn-js").exists():
        pytest.skip("The packages are not installed here: run `make islands`.")
    static = tmp_path / "static"
    monkeypatch.setattr(build, "DIST", static / "dist")
    monkeypatch.setattr(build, "with_node", lambda: False)
    monkeypatch.setattr(build.Tarballs, "read", lambda _, *which: build.from_node_modules(*which))
    heard: list[str] = []
    assert build.build(heard.append)
    assert not build.build(heard.append)  # nothing to do again
    made = Assets(static)
    assert made.available("htmx")
    assert made.available("inter")
    assert made.available("viewer")
    assert not made.available("editor")
    for name in ("htmx", "inter", "viewer"):
        for address in [made.address(name), *made.styles(name)]:
            assert (static / address.removeprefix("/static/")).is_file()
    assert "bpmn.io" in (static / "dist/licences.md").read_text("utf-8")


def test_a_script_of_the_pages_belongs_to_the_sources() -> None:
    sources = sorted((ISLANDS / "src").rglob("*.js"))
    names = {path.name for path in build.imported(sources)}
    assert {"api.js", "words.js", "toast.js", "answers.js", "limits.js"} <= names


def test_what_was_built_is_of_these_sources() -> None:
    if not build.with_node():
        pytest.skip("There is no npm with Node 20.19 or newer here.")
    assert build.up_to_date("vite"), "Run `make islands`."
    made = json.loads((build.DIST / build.MANIFEST).read_text("utf-8"))["assets"]
    assert {"htmx", "inter", "viewer", "editor"} <= set(made)
    for asset in made.values():
        for name in [asset["file"], *asset["css"], *asset["imports"]]:
            assert (build.DIST / name).is_file(), name


def test_the_wheel_carries_what_was_built(tmp_path: Path) -> None:
    if not (build.DIST / build.MANIFEST).exists():
        pytest.skip("Nothing is built here: run `make islands`.")
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    if not Path(uv).exists():
        pytest.skip("There is no uv here to build a wheel with.")
    done = subprocess.run(
        [uv, "build", "--wheel", "--quiet", "--out-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        place = "api/web/static/dist/"
        made = json.loads(archive.read(place + build.MANIFEST))["assets"]
    for asset in made.values():
        assert {place + name for name in [asset["file"], *asset["css"], *asset["imports"]]} <= names
    assert place + build.LICENCES in names
    assert not [name for name in names if "node_modules" in name or name.startswith("api/islands")]
    assert "api/web/static/css/app.css" in names
    assert "api/web/templates/shell/base.html" in names
