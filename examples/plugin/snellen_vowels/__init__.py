"""An example of a plug-in for Snellen: a task, a lens and a kind of model."""
