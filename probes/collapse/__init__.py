"""Representational collapse: how far apart n and n + 1 items are."""
