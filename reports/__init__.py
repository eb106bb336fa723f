"""What it means: curves, histograms, figures, the page."""
