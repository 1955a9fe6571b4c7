"""What stays for ever: the audit trail, signatures and files."""
