"""Which lens restores a model's sight: raced, confirmed on fresh trials, and explained."""
