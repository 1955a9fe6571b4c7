"""Downtimes over HTTP: what stood, why, and the reasons a site has."""
