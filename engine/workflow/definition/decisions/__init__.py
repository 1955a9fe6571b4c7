"""DMN decision tables: read and checked when they are deployed, evaluated by business-rule tasks.

Cells take the unary tests of FEEL that our expressions can express; everything else in a file that
would change a result is refused by name.

Source: OMG DMN 1.3 (formal/21-02-01), chapters 7 and 8.
"""

from engine.workflow.definition.decisions.problems import DecisionRefused, Problem
from engine.workflow.definition.decisions.reader import read_decisions
from engine.workflow.definition.decisions.tables import (
    Aggregation,
    Decision,
    DecisionFailed,
    HitPolicy,
    Input,
    Output,
    Rule,
)

__all__ = [
    "Aggregation",
    "Decision",
    "DecisionFailed",
    "DecisionRefused",
    "HitPolicy",
    "Input",
    "Output",
    "Problem",
    "Rule",
    "read_decisions",
]
