"""What is kept: journal, manifest, run directory, trial and probe tables."""
