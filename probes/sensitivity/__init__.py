"""Over-squashing: how strongly the last state depends on each input."""
