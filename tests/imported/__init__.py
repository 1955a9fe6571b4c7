"""Diagrams made with other tools go through import: what runs, what is refused, what is lost."""
