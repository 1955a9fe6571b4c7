"""Where elements are drawn: a diagram without a drawing, or with a poor one, is laid out."""

from engine.workflow.definition.drawing.auto_layout import DrawingRefused
from engine.workflow.definition.drawing.writing import has_drawing, lay_out, lay_out_tree

__all__ = ["DrawingRefused", "has_drawing", "lay_out", "lay_out_tree"]
