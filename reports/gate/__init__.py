"""The page of a gate, made for a pull request."""
