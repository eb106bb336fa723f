"""How a task is put into words: forms to choose from, worked examples, the whole prompt."""
