"""Attention itself: how far it spreads over a growing sequence, and what the first token takes."""
