"""A routing whose forms ask for everything that a form can ask for, for tests of the floor."""

import json
from typing import Any

from tests.support import diagrams as d

PIN = "7204"
STEPS = [
    {"text": "Wipe the journal. Zero the micrometer."},
    {"text": "Measure in two directions, away from the edge. Enter the mean."},
    {"text": "Check the edges with gauge EB-2."},
]
IDENTIFY: dict[str, Any] = {
    "key": "identify",
    "title": "Identify the bar",
    "fields": [
        {"key": "bar", "type": "scan", "label": "Label of the bar", "required": True,
         "pattern": r"BAR-\d{4}", "variable": "bar"},
    ],
}  # fmt: skip
MEASURE: dict[str, Any] = {
    "key": "measure",
    "title": "Inspection record",
    "instructions": STEPS,
    "fields": [
        {"key": "diameter", "type": "number", "label": "Outside diameter, mean", "unit": "mm",
         "required": True, "min": 20, "max": 30, "variable": "diameter",
         "limits": {"lower": "24.980", "target": "25.000", "upper": "25.020"}},
        {"key": "gauge", "type": "choice", "label": "Gauge", "required": True, "choices": [
            {"value": "MIC-07", "label": "MIC-07 (calibrated to 12 March)"},
            {"value": "MIC-09", "label": "MIC-09 (calibrated to 2 May)"}]},
        {"key": "visual", "type": "checklist", "label": "Visual checks", "items": [
            {"value": "burrs", "label": "No burrs on the edges"},
            {"value": "marks", "label": "No tool marks on the journal"},
            {"value": "serial", "label": "Serial number can be read"}]},
        {"key": "roundness", "type": "samples", "label": "Roundness", "unit": "um", "count": 5,
         "limits": {"upper": 4}},
        {"key": "clean", "type": "check", "label": "Is the part clean?"},
        {"key": "faults", "type": "multichoice", "label": "Faults seen", "choices": [
            {"value": "scratch", "label": "Scratch"}, {"value": "dent", "label": "Dent"},
            {"value": "rust", "label": "Rust"}]},
        {"key": "measured", "type": "datetime", "label": "Measured at"},
        {"key": "tool", "type": "scan", "label": "Tool"},
        {"key": "photo", "type": "photo", "label": "Photo",
         "help": "The whole journal, marking on top."},
        {"key": "protocol", "type": "file", "label": "Protocol of the machine"},
        {"key": "remark", "type": "text", "label": "Remark"},
    ],
}  # fmt: skip
APPROVE: dict[str, Any] = {
    "key": "approve",
    "title": "Release the lot",
    "fields": [{"key": "quantity", "type": "number", "label": "Good pieces", "required": True}],
}


def bundle(role: str = "operator") -> tuple[bytes, dict[str, bytes]]:
    """The routing and its forms: identify, measure, approve with a signature."""
    said = "<documentation>The journal is the reference of all later steps.</documentation>"
    diagram = d.process(
        d.start(),
        d.element("userTask", "identify", name="Identify the bar", operation="10",
                  form="identify"),
        d.element("userTask", "measure", said, name="In-process inspection", operation="30",
                  form="measure", due="PT2H"),
        d.element("userTask", "approve", name="Release the lot", operation="40",
                  form="approve", signature="performed"),
        d.element("userTask", "pack", name="Pack", operation="50"),
        d.lanes(**{role: ["identify", "measure", "approve"], "quality": ["pack"]}),
        d.end("done"),
        "start -> identify", "identify -> measure", "measure -> approve", "approve -> pack",
        "pack -> done",
        key="shaft", name="Drive shaft DS-200",
    )  # fmt: skip
    forms = (IDENTIFY, MEASURE, APPROVE)
    return diagram, {f"{form['key']}.form.json": json.dumps(form).encode() for form in forms}
