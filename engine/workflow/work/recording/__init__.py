"""What people record on the way: their time, drafts, taking back an entry, reported problems."""
