"""What stays for ever: files, signatures, the audit trail."""
