"""The BPMN runtime; it knows diagrams, but no order, lot or machine."""
