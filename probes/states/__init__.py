"""Prompts, models and last-token states: what all probes share."""
