"""Behaviour and mechanism on one axis."""
