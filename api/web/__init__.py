"""The screens: pages that read; what they change goes through the API."""
