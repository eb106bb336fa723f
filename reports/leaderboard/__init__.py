"""Models ranked by one chart."""
