"""Process versions: from a draft to a release, and the plans that run them."""
