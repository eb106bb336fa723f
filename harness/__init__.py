"""lm-evaluation-harness both ways: our runners as its models, our runs as its results."""
