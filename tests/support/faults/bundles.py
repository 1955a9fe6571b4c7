"""What only a whole bundle shows: a rule, the element, the main diagram, and the other files."""

import json

from tests.support import diagrams as d
from tests.support.faults.shapes import line

BundleFault = tuple[str, str, bytes, dict[str, bytes]]

NUMBER_FORM = json.dumps(
    {"key": "inspect", "fields": [{"key": "d", "type": "number", "variable": "diameter"}]}
).encode()
COMPARING = d.process(
    d.start(),
    d.user("a", form="inspect"),
    d.exclusive("x", default="end"),
    d.end("end", "e2"),
    "start -> a -> x -> end",
    'x -> e2 if diameter == "large"',
)
WAITING = d.process(
    *line(d.user("a", form="inspect"), d.catch("c", condition='diameter == "large"')),
    "a -> c -> end",
)
LOOPING = d.process(
    *line(d.user("a", form="inspect", loop=d.again('diameter == "large"', maximum=3)))
)
MESSAGE_START = d.process(d.start(message="m"), d.end(), "start -> end", key="child")
CALLING = d.process(*line(d.call("a", "child")))
SIMPLE = d.process(*line(d.user("a")))


def table(asked: str = "size", answered: str = "grade", **cells: str) -> dict[str, bytes]:
    """A file with the decision `dec`."""
    rules = {cell: f'"{name}"' for name, cell in cells.items()}
    return {"dec_dmn": d.table("dec", asked, answered, rules)}


BUNDLES: list[BundleFault] = [
    ("type-mismatch", "x_to_e2", COMPARING, {"inspect_form": NUMBER_FORM}),
    ("type-mismatch", "c", WAITING, {"inspect_form": NUMBER_FORM}),
    ("type-mismatch", "a", LOOPING, {"inspect_form": NUMBER_FORM}),
    ("called-start", "a", CALLING, {"child_bpmn": MESSAGE_START}),
    ("form", "inspect.form.json", COMPARING, {"inspect_form": b"{not json"}),
    ("form", "inspect.form.json#/key", COMPARING, {"inspect_form": b"{}"}),
    ("document", "x.dmn", COMPARING, {"x_dmn": b"<!DOCTYPE x><x/>"}),
    ("document", "main.bpmn", b"<html/>", {}),
    ("document", "main.bpmn", b"no xml", {}),
    (
        "duplicate-key",
        "inspect",
        COMPARING,
        {"inspect_form": NUMBER_FORM, "again_form": NUMBER_FORM},
    ),
    ("no-executable-process", "main.bpmn", d.document(), {}),
    (
        "several-processes",
        "q",
        d.document(
            d.executable(d.start("s"), d.end("e"), "s -> e", key="p"),
            d.executable(d.start("s2"), d.end("e2"), "s2 -> e2", key="q"),
        ),
        {},
    ),
    (
        "decision",
        "definitions",
        SIMPLE,
        {"x_dmn": d.table("x", "v", "w", {}).split(b"<dec")[0] + b"</definitions>"},
    ),
    ("decision-rule", "t", SIMPLE, table()),
    ("decision-input", "in", SIMPLE, table(asked="", a="-")),
    ("decision-output", "out", SIMPLE, table(answered="the grade", a="-")),
    ("decision-cell", "i0", SIMPLE, table(a="eval(size)")),
    (
        "hit-policy",
        "t",
        SIMPLE,
        {"dec_dmn": table(a="-")["dec_dmn"].replace(b'"FIRST"', b'"PRIORITY"')},
    ),
]
