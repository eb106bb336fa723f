"""Collapse through a server's log probabilities."""
