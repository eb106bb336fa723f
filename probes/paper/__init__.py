"""All figures of the paper for one model."""
