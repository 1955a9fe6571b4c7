"""Who acts: users, roles, permissions, tokens and sessions."""
