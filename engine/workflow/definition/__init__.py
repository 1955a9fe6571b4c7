"""From a file to a released bundle: parsing, lint, expressions, decisions, versions."""
