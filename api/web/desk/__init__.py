"""Screens at a desk: dense, filtered, with permalinks."""
