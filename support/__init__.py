"""What every floor uses and none should own: files, secrets, addresses, figures."""
