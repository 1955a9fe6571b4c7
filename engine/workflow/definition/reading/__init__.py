"""From a BPMN file to process models: what is written becomes plain values or a finding."""
