"""What happens inside: collapse, sensitivity, theory."""
