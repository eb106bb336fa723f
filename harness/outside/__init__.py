"""Scores of other people's benchmarks: any table, lm-eval's samples, inspect's logs."""
