"""Build the islands into api/web/static/dist; standard library only, so that any Python can.

With npm and Node >= 20.19 Vite builds everything from the lock file. Without them, htmx, the font
and the plain viewer are taken from the packages as published, checked against the lock's sha512;
the editor is then missing and its page says what to do. Nothing of either is ever committed.
"""

import base64
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DIST = HERE.parent / "web" / "static" / "dist"
OURS = HERE.parent / "web" / "static" / "js"
PAGES = re.compile(r"/web/static/js/([\w-]+\.js)['\"]")  # as the islands' sources import them
BESIDE = re.compile(r"from \"\./([\w-]+\.js)\"")  # as they import each other
LOCK = HERE / "package-lock.json"
MANIFEST = "manifest.json"
VITE_MANIFEST = "vite.json"
LICENCES = "licences.md"
ENTRIES = ("viewer", "editor", "designer")
LEAST_NODE = ((20, 19), (22, 12))
REGISTRY = "https://registry.npmjs.org/"
SECONDS = 60
FONT = "files/inter-latin-wght-normal.woff2"
FONT_FACE = """@font-face {{
  font-family: "Inter Variable";
  font-style: normal;
  font-weight: 100 900;
  font-display: swap;
  src: url({file}) format("woff2-variations");
}}
"""
# The library as published is a script of the old kind; this makes a module of it.
AS_MODULE = (
    "const exports = {{}}, module = {{ exports }};\n{script}\nexport default module.exports;\n"
)
PLAIN_VIEWER = "dist/bpmn-navigated-viewer.production.min.js"
PLAIN_STYLES = ("dist/assets/diagram-js.css", "dist/assets/bpmn-js.css")

Read = Callable[[str, str], bytes]  # of a package, a file


class NotBuilt(Exception):
    """Why there are no assets, in a sentence that names the cure."""


def build(say: Callable[[str], None]) -> bool:
    """Bring the assets up to the sources; whether anything was done."""
    node = with_node()
    made = "vite" if node else "plain"
    if up_to_date(made):
        return False
    DIST.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".built-", dir=HERE) as folder:
        target = Path(folder) / "dist"
        target.mkdir()
        if node:
            say("building the islands with Vite")
            install()
            assets = bundle(target)
            read: Read = from_node_modules
        else:
            say("no npm with Node 20.19 or newer: taking htmx, the font and the plain viewer")
            read = Tarballs().read
            assets = plain_viewer(target, read)
        assets |= published(target, read)
        text = json.dumps({"stamp": stamp(), "made": made, "assets": assets}, indent=1)
        (target / MANIFEST).write_text(text + "\n", "utf-8")
        swap(target)
    return True


def up_to_date(made: str) -> bool:
    """Whether the assets there are of these sources; Vite's satisfy a machine without Node too."""
    try:
        there = json.loads((DIST / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return there.get("stamp") == stamp() and there.get("made") in (made, "vite")


def stamp() -> str:
    """A digest of everything the assets are made from."""
    digest = hashlib.sha256()
    files = [HERE / n for n in ("build.py", "package.json", LOCK.name, "vite.config.js")]
    sources = sorted(path for path in (HERE / "src").rglob("*") if path.is_file())
    for path in [*files, *sources, *sorted(imported(sources))]:
        content = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(HERE.parent).as_posix()
        digest.update(f"{name}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def imported(sources: list[Path]) -> set[Path]:
    """The scripts of the pages that the islands take in, directly or through others."""
    waiting = [(path, PAGES) for path in sources if path.suffix == ".js"]
    found: set[Path] = set()
    while waiting:
        path, pattern = waiting.pop()
        for name in pattern.findall(path.read_text("utf-8")):
            if OURS / name not in found:
                found.add(OURS / name)
                waiting.append((OURS / name, BESIDE))
    return found


def swap(target: Path) -> None:
    """Put the new folder in the old one's place."""
    old = target.with_name("old")
    if DIST.exists():
        DIST.rename(old)
    target.rename(DIST)


# With Node -----------------------------------------------------------------------------------


def with_node() -> bool:
    """Whether npm is here, with a Node that Vite runs on."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", told)
    if found is None:
        return False
    version = (int(found[1]), int(found[2]))
    first, second = LEAST_NODE
    return version >= second or first <= version < (first[0] + 1, 0)


def install() -> None:
    """Install what the lock names, no package's scripts run; nothing when it is there already."""
    mark = HERE / "node_modules" / ".routecard-lock"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text("utf-8") == wanted:
        return
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    mark.write_text(wanted, "utf-8")


def bundle(target: Path) -> dict[str, Any]:
    """Let Vite build the islands; what each consists of."""
    vite = HERE / "node_modules" / "vite" / "bin" / "vite.js"
    run("node", str(vite), "build", "--outDir", str(target), "--logLevel", "warn")
    told = target / VITE_MANIFEST
    chunks: dict[str, Any] = json.loads(told.read_text("utf-8"))
    told.unlink()
    entries = {c["name"]: c for c in chunks.values() if c.get("isEntry")}
    return {
        name: {
            "file": entries[name]["file"],
            "css": _styles(entries[name], chunks),
            "imports": sorted(_imports(entries[name], chunks)),
        }
        for name in ENTRIES
        if name in entries
    }


def _styles(chunk: dict[str, Any], chunks: dict[str, Any]) -> list[str]:
    """The stylesheets of a chunk, those of the chunks it imports before them."""
    found: list[str] = []
    for key in chunk.get("imports", []):
        found += _styles(chunks[key], chunks)
    return list(dict.fromkeys(found + chunk.get("css", [])))


def _imports(chunk: dict[str, Any], chunks: dict[str, Any]) -> set[str]:
    """The scripts that a chunk imports, directly or through others."""
    found: set[str] = set()
    for key in chunk.get("imports", []):
        found |= {chunks[key]["file"]} | _imports(chunks[key], chunks)
    return found


def run(program: str, *arguments: str) -> None:
    """Run a program in the islands' folder.

    Raises:
        NotBuilt: with its last words, if it fails.
    """
    found = shutil.which(program)
    assert found is not None, f"{program} was there a moment ago"
    done = subprocess.run(
        [found, *arguments], cwd=HERE, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()[-2000:]
        raise NotBuilt(f"`{program} {arguments[0]}` failed in {HERE}:\n{words}")


def from_node_modules(package: str, name: str) -> bytes:
    """A file of an installed package."""
    return (HERE / "node_modules" / package / name).read_bytes()


# Without Node --------------------------------------------------------------------------------


class Tarballs:
    """Packages as published, fetched once each and checked against the lock."""

    def __init__(self) -> None:
        self.locked: dict[str, Any] = json.loads(LOCK.read_text("utf-8"))["packages"]
        self.open: dict[str, dict[str, bytes]] = {}

    def read(self, package: str, name: str) -> bytes:
        """A file of a package."""
        if package not in self.open:
            self.open[package] = unpacked(self.fetch(package))
        return self.open[package][name]

    def fetch(self, package: str) -> bytes:
        """The tarball of a package.

        Raises:
            NotBuilt: if the registry cannot be reached or gives something else than the lock names.
        """
        locked = self.locked[f"node_modules/{package}"]
        file = f"{package.rpartition('/')[2]}-{locked['version']}.tgz"
        url = f"{registry().rstrip('/')}/{package}/-/{file}"
        try:
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:
                content: bytes = answer.read()
        except (OSError, ValueError) as error:
            raise NotBuilt(f"{url} cannot be fetched: {error}") from error
        check(content, locked["integrity"], package)
        return content


def check(content: bytes, integrity: str, package: str) -> None:
    """Hold a tarball against the lock.

    Raises:
        NotBuilt: if its sha512 is another.
    """
    kind, _, wanted = integrity.partition("-")
    is_same = kind == "sha512" and hashlib.sha512(content).digest() == base64.b64decode(wanted)
    if not is_same:
        raise NotBuilt(f"The package {package} is not the one that {LOCK.name} names.")


def unpacked(content: bytes) -> dict[str, bytes]:
    """The regular files of a tarball by their path below its one folder; nothing is written."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                files[member.name.partition("/")[2]] = file.read()
    return files


def registry() -> str:
    """Where npm would look: its environment, the user's .npmrc, else the public registry."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if given := os.environ.get(name):
            return given
    for line in _lines(Path.home() / ".npmrc"):
        key, _, value = line.partition("=")
        if key.strip() == "registry":
            return value.strip()
    return REGISTRY


def _lines(path: Path) -> Iterator[str]:
    if path.is_file():
        yield from path.read_text("utf-8").splitlines()


def plain_viewer(target: Path, read: Read) -> dict[str, Any]:
    """The viewer of our sources as they stand, on the library as published."""
    name = f"plain-{stamp()}"
    folder = target / name
    for part in ("viewer", "shared"):
        shutil.copytree(HERE / "src" / part, folder / part)
    script = read("bpmn-js", PLAIN_VIEWER).decode()
    library = folder / "viewer" / "library.js"
    library.write_text(AS_MODULE.format(script=script), "utf-8")
    styles = []
    for number, source in enumerate(PLAIN_STYLES):
        (folder / f"{number}.css").write_bytes(read("bpmn-js", source))
        styles.append(f"{name}/{number}.css")
    styles += [
        f"{name}/{p.relative_to(folder).as_posix()}" for p in sorted(folder.rglob("[a-z]*.css"))
    ]
    return {"viewer": {"file": f"{name}/viewer/main.js", "css": styles, "imports": []}}


# Either way ----------------------------------------------------------------------------------


def published(target: Path, read: Read) -> dict[str, Any]:
    """What is served as its makers publish it: htmx and the font; their licences beside them."""
    htmx = hashed(target, "htmx.js", read("htmx.org", "dist/htmx.min.js"))
    font = hashed(target, "inter.woff2", read("@fontsource-variable/inter", FONT))
    face = hashed(target, "inter.css", FONT_FACE.format(file=font).encode())
    with (target / LICENCES).open("a", encoding="utf-8") as file:
        for package in ("htmx.org", "@fontsource-variable/inter", "bpmn-js"):
            file.write(f"\n## {package}\n\n{read(package, 'LICENSE').decode().strip()}\n")
    return {
        "htmx": {"file": htmx, "css": [], "imports": []},
        "inter": {"file": font, "css": [face], "imports": []},
    }


def hashed(target: Path, name: str, content: bytes) -> str:
    """Write a file under a name that changes with its content."""
    stem, _, suffix = name.rpartition(".")
    file = f"{stem}-{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"
    (target / file).write_bytes(content)
    return file


def main() -> int:
    """Build, and say what happened; 1 when there are no assets now.

    `--try` makes no failure of it, `--can` only tells whether npm and Node are there.
    """
    if "--can" in sys.argv[1:]:
        return 0 if with_node() else 1

    def say(words: str) -> None:
        sys.stderr.write(f"islands: {words}\n")

    try:
        build(say)
    except NotBuilt as error:
        say(f"{error}\nThe screens work without them, except the routing editor and the diagrams.")
        return 0 if "--try" in sys.argv[1:] else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
