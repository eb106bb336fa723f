"""The command line: parses, composes the wings, prints; no logic of its own."""

from .main import main

__all__ = ["main"]
