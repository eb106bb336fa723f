"""A grid of runs from one plan: models, tasks, modes, answers, lenses and precisions."""
