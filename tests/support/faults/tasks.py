"""What tasks must say, and what they name that must exist."""

from tests.support import diagrams as d
from tests.support.faults.shapes import Fault, line

ERRORS: list[Fault] = [
    ("service-task", "a", line(d.element("serviceTask", "a"))),
    ("service-task", "a", line(d.element("serviceTask", "a", topic="t", function="lots.hold"))),
    ("send-task", "a", line(d.send("a"))),
    ("send-task", "a", line(d.send("a", message="m", topic="t"))),
    ("decision", "a", line(d.element("businessRuleTask", "a"))),
    ("called-element", "a", line(d.element("callActivity", "a"))),
    ("endless-loop", "a", line(d.user("a", loop=d.again()))),
    ("missing-function", "a", line(d.function("a", "lots.unknown"))),
    ("missing-decision", "a", line(d.decide("a", "unknown"))),
    ("missing-process", "a", line(d.call("a", "unknown"))),
    ("missing-form", "a", line(d.user("a", form="unknown"))),
    ("missing-calendar", "a", line(d.user("a", due="PT8H", calendar="unknown"))),
    ("missing-calendar", "a", line(d.catch("a", duration="PT8H", calendar="unknown"))),
    ("time", "a", line(d.user("a", due="P1D", calendar="day_shift"))),
    ("time", "a", line(d.catch("a", duration="P1M", calendar="day_shift"))),
    ("time", "a", line(d.catch("a", cycle="R3/P1D", calendar="day_shift"))),
]

WARNINGS: list[Fault] = [
    ("missing-label", "a", line(d.user("a"))),
    ("missing-role", "a", line(d.user("a"))),
    ("missing-form", "a", line(d.user("a"))),
    ("loop-without-cap", "a", line(d.user("a", loop=d.again("v")))),
]
