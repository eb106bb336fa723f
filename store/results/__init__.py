"""A folder of many runs, read as one table."""
