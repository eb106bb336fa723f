"""What one run means: curves, histograms, figures, the page."""
