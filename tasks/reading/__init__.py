"""From text to answer."""
