"""Many requests to one provider: rates, retries, waits."""
