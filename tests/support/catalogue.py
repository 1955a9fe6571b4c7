"""The messages of the screens, as found in code and templates, and what a catalogue lacks of them.

`python -m tests.support.catalogue` writes new messages into each catalogue, untranslated, and takes
out those that no screen says any more; a translator fills in the rest.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from api.web.language import CATALOGUES, NAMES, SOURCE

WEB = CATALOGUES.parent
METHODS = [("static/**", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
LANGUAGES = sorted(set(NAMES) - {SOURCE})


def found() -> Catalog:
    """Every message that a screen can say, and where."""
    catalogue = Catalog(project="Routecard", charset="utf-8")
    for name, line, message, comments, _ in extract_from_dir(
        str(WEB), METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",)
    ):
        catalogue.add(message, None, [(f"api/web/{Path(name).as_posix()}", line)], comments)
    return catalogue


def path_of(code: str) -> Path:
    """Where the catalogue of a language lies."""
    return CATALOGUES / f"{code}.po"


def read(code: str) -> Catalog:
    """The catalogue of a language; an empty one where there is none yet."""
    path = path_of(code)
    if not path.exists():
        return Catalog(locale=code, project="Routecard", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=code)


def update(code: str) -> None:
    """Bring a catalogue to what the screens say today; what is translated stays."""
    catalogue = read(code)
    catalogue.update(found(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with path_of(code).open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, omit_header=False, no_location=True)


if __name__ == "__main__":
    for each in LANGUAGES:
        update(each)
