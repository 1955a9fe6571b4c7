"""At least twenty diagrams made with other tools go through import, and lose nothing unlisted."""

from collections.abc import Iterator

import pytest
from lxml import etree

from engine.kernel.store import Store
from engine.workflow.definition.converting import Conversion
from engine.workflow.definition.converting.ledger import is_foreign, shown
from engine.workflow.definition.reading.values import named
from engine.workflow.definition.reading.xml import DocumentRefused, safe_xml
from tests.imported.table import PAGE, filled, written
from tests.imported.trials import Item, converted, files_of, sources, tried
from tests.support.clock import ManualClock
from tests.support.plant import Plant

EXTENSIONS = "extensionElements"
SOURCES = sources()
NAMES = [source["folder"] for source in SOURCES]


def test_the_page_says_what_comes_of_them(store: Store, clock: ManualClock) -> None:
    trials = [tried(Plant(store, clock), source) for source in SOURCES]
    page = PAGE.read_text("utf-8")
    assert filled(page, written(trials)) == page, "python -m tests.imported writes it anew"
    assert len(trials) >= 20
    assert sum(trial.runs for trial in trials) >= 20
    assert all(trial.runs or trial.rules or trial.incidents for trial in trials)


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_nothing_is_lost_unlisted(source: Item) -> None:
    made = converted(source)
    told = rows(made)
    for name, content in files_of(source)[1].items():
        for element, what in foreign(content, name):
            assert (name, element, what) in told, f"{what} of {element} in {name}"


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_nothing_foreign_is_left(source: Item) -> None:
    for name, content in converted(source).files.items():
        assert list(foreign(content, name)) == [], name


def rows(made: Conversion) -> set[tuple[str, str, str]]:
    """(file, element, name) of everything that is listed; a part behind the name is left out."""
    listed = [*made.carried, *made.lost]
    return {(row.file, row.element, row.name.partition(" ")[0]) for row in listed}


def foreign(content: bytes, name: str) -> Iterator[tuple[str, str]]:
    """(element, name) of every attribute and outermost element of another tool in a file."""
    try:
        root = safe_xml(content)
    except DocumentRefused:
        return  # a form
    for element in root.iter(etree.Element):
        if any(is_foreign(around.tag) for around in element.iterancestors()):
            continue
        if is_foreign(element.tag):
            yield holder_of(element), name if element is root else shown(element.tag, element)
        else:
            keys = [str(key) for key in element.attrib if is_foreign(key)]
            yield from ((named(element), shown(key, element)) for key in keys)


def holder_of(element: etree._Element) -> str:
    """The id of what an element of another tool stands in."""
    around = element.getparent()
    if around is not None and around.tag.endswith(EXTENSIONS):
        around = around.getparent()
    return named(element if around is None else around)


def test_this_check_finds_what_is_dropped() -> None:
    text = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d"><process id="p">
      <userTask id="t" camunda:formKey="x"><extensionElements><camunda:formData/>
      </extensionElements></userTask></process></definitions>"""
    assert list(foreign(text, "t.bpmn")) == [("t", "camunda:formKey"), ("t", "camunda:formData")]
