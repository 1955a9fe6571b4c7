"""Where a page finds its scripts, styles and fonts, and how they are served.

Ours lie in `static/` and are addressed below a digest of that whole folder, so that modules find
each other by relative names. What is built lies in `static/dist/` under names that change with
the content. Both may therefore be kept for ever.
"""

import gzip
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from api.permissions import opened
from engine.kernel.errors import NotFound

STATIC = Path(__file__).parent / "static"
BUILT = "dist"
MANIFEST = "manifest.json"
PREFIX = "/static"
LOOK_AGAIN = 1.0  # seconds
FOR_EVER = "public, max-age=31536000, immutable"
EACH_TIME = "no-cache"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".woff2": "font/woff2",
}
COMMENTED = frozenset((".css", ".js"))
COMMENTS = re.compile(rb"^[ \t]*(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)[ \t]*$", re.DOTALL | re.MULTILINE)
COMPRESSED = frozenset((".css", ".js", ".json", ".md", ".svg"))
HOW_TO_BUILD = "python api/islands/build.py"


@dataclass(frozen=True, slots=True)
class Built:
    """One logical asset as it was built: its main file, its styles, what it imports."""

    file: str
    css: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it leaves: its bytes, compressed where that pays, and its tag."""

    modified: int
    content: bytes
    compressed: bytes | None
    media_type: str
    tag: str


class Assets:
    """The files of one folder; looked at again when a second has passed, for who edits them."""

    def __init__(self, folder: Path = STATIC) -> None:
        self.folder = folder
        self._looked = float("-inf")
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self._version = ""
        self._built: dict[str, Built] = {}
        self._served: dict[str, Served] = {}
        self._addresses: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        """The digest that addresses of our own files carry."""
        self._look()
        return self._version

    @property
    def mark(self) -> str:
        """Changes whenever any address may have changed."""
        return f"{self.version}:{','.join(each.file for each in self.built.values())}"

    @property
    def built(self) -> dict[str, Built]:
        """What was built, by its logical name; empty when nothing was."""
        self._look()
        return self._built

    def address(self, name: str) -> str:
        """The address of a built asset (`htmx`) or of a file of ours (`app.css`, `js/act.js`).

        Raises:
            NotFound: if there is no such file; for a built one ask `available` first.
        """
        if "." not in name:
            made = self.built.get(name)
            if made is None:
                raise NotFound(f"The asset {name} was not built. Run `{HOW_TO_BUILD}`.")
            return f"{PREFIX}/{BUILT}/{made.file}"
        self._look()
        known = self._addresses.get(name)
        if known is None:  # an icon is asked for a hundred times by one page
            if self._file(name) is None:
                raise NotFound(f"There is no file {name} among the static files.")
            known = self._addresses[name] = f"{PREFIX}/{self._version}/{name}"
        return known

    def styles(self, name: str) -> list[str]:
        """The addresses of a built asset's stylesheets; none when it was not built."""
        made = self.built.get(name)
        return [f"{PREFIX}/{BUILT}/{file}" for file in made.css] if made else []

    def preloads(self, name: str) -> list[str]:
        """The addresses of the modules that a built script imports."""
        made = self.built.get(name)
        return [f"{PREFIX}/{BUILT}/{file}" for file in made.imports] if made else []

    def available(self, name: str) -> bool:
        """Whether an asset was built."""
        return name in self.built

    def serve(self, version: str, name: str) -> Response:
        """Answer with a file: for ever under the address it has today, else only for this time."""
        path = f"{BUILT}/{name}" if version == BUILT else name
        found = self._file(path)
        if found is None:
            return Response("There is nothing at this address.\n", 404, mimetype="text/plain")
        served = self._read(path, found)
        response = Response(mimetype=None, content_type=served.media_type)
        packed = served.compressed if "gzip" in request.headers.get("Accept-Encoding", "") else None
        response.set_data(served.content if packed is None else packed)
        if served.compressed is not None:
            response.headers["Vary"] = "Accept-Encoding"
        if packed is not None:
            response.headers["Content-Encoding"] = "gzip"
        keeps = version in (BUILT, self.version)
        response.headers["Cache-Control"] = FOR_EVER if keeps else EACH_TIME
        response.set_etag(served.tag)
        response.make_conditional(request)
        return response

    def _file(self, name: str) -> Path | None:
        """A file below the folder, None when there is none or the name leads out of it."""
        path = (self.folder / name).resolve()
        inside = path.is_relative_to(self.folder.resolve())
        return path if inside and path.suffix in TYPES and path.is_file() else None

    def _read(self, name: str, path: Path) -> Served:
        """The file's bytes, compressed once."""
        modified = path.stat().st_mtime_ns
        known = self._served.get(name)
        if known is not None and known.modified == modified:
            return known
        content = path.read_bytes()
        if path.suffix in COMMENTED and not name.startswith(f"{BUILT}/"):
            content = _without_comments(content)
        packed = gzip.compress(content, 9, mtime=0) if path.suffix in COMPRESSED else None
        tag = hashlib.sha256(content).hexdigest()[:16]
        self._served[name] = served = Served(modified, content, packed, TYPES[path.suffix], tag)
        return served

    def _look(self) -> None:
        if time.monotonic() - self._looked < LOOK_AGAIN:
            return
        with self._lock:
            built = self.folder / BUILT
            ours = sorted(p for p in self.folder.rglob("*") if not p.is_relative_to(built))
            seen = tuple(_marks([*ours, built / MANIFEST]))
            if seen != self._seen:
                self._version = _digest(self.folder, [name for name, _, _ in seen])
                self._built = _manifest(built / MANIFEST)
                self._seen = seen
                self._addresses = {}
            self._looked = time.monotonic()


def _without_comments(content: bytes) -> bytes:
    """Our own text without the comments that have lines of their own; the others stay in place.

    They are for who reads the files here, and an eighth of what a weak tablet would load.
    """
    return COMMENTS.sub(lambda found: b"\n" * found[0].count(b"\n"), content)


def _marks(paths: Iterable[Path]) -> Iterable[tuple[str, int, int]]:
    """Name, size and time of each file that there is."""
    for path in paths:
        if path.is_file():
            stat = path.stat()
            yield str(path), stat.st_size, stat.st_mtime_ns


def _digest(folder: Path, names: list[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        content = Path(name).read_bytes()
        digest.update(f"{Path(name).relative_to(folder).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def _manifest(path: Path) -> dict[str, Built]:
    """What the build says it made; nothing when it never ran or was cut off."""
    try:
        told: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))["assets"]
    except (OSError, ValueError, KeyError):
        return {}
    return {
        name: Built(each["file"], tuple(each["css"]), tuple(each["imports"]))
        for name, each in told.items()
    }


assets = Assets()


def url_for_asset(name: str) -> str:
    """The address of a built asset or of a static file of ours."""
    return assets.address(name)


def stylesheets(name: str) -> list[str]:
    """The addresses of a built asset's stylesheets."""
    return assets.styles(name)


def available(name: str) -> bool:
    """Whether an asset was built; pages say what to do when it was not."""
    return assets.available(name)


def register(app: Flask) -> None:
    """Offer /static and let templates ask for addresses."""

    def static(version: str, name: str) -> Response:
        return assets.serve(version, name)

    app.add_url_rule(
        f"{PREFIX}/<version>/<path:name>", "static", opened(static), provide_automatic_options=False
    )
    app.extensions["routecard_assets_mark"] = assets.mark
    app.jinja_env.globals.update(
        url_for_asset=url_for_asset,
        stylesheets=stylesheets,
        preloads=assets.preloads,
        available=available,
    )
