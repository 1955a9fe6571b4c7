"""Backups: made whole or not at all, proved before they are trusted."""
