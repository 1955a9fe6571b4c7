"""What the editor asks for: vocabulary, files, comparison; check, layout and conversion."""
