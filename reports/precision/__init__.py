"""What precision does to a model's sight, drawn and written."""
