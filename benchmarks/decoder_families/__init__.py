"""Every decoder family under every probe."""
