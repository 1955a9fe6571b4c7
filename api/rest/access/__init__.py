"""Who may come in: people, their sessions, stations, tokens, and what the site decided."""
