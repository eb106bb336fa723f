"""The figures of one run: errors, answers, depths, and the eye chart."""
