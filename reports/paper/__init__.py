"""The paper's published points."""
