"""Screens at a station: large, few, next thing first."""
