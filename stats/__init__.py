"""Intervals, acuity, placement of the next trials, paired comparison."""
