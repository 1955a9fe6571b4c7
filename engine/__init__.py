"""The plant's rules and its BPMN runtime; no HTTP, no machine's protocol."""
