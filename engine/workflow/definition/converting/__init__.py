"""Diagrams, decisions and forms of other tools become ours; what cannot is listed with a cure."""

from engine.workflow.definition.converting.conversion import Conversion, convert, is_convertible
from engine.workflow.definition.converting.ledger import Carried, Lost

__all__ = ["Carried", "Conversion", "Lost", "convert", "is_convertible"]
