"""One page over all runs of a results folder."""
