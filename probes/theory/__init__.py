"""The paper's lemmas and synthetic experiments."""
