"""The scripts that need a bundler, and what builds them; no part of what a plant runs."""
