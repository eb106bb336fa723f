"""Decoding: can a reader of the states still tell n from n + 1, and does the answer use it."""
