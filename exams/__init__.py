"""The verbs as Python functions: run, acuity, compare, prescribe, leaderboard, paper."""
