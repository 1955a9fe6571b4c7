"""The screens in a real Chromium; skipped with a sentence where there is none."""
