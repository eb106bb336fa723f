"""What any answer is made of: reasoning, layout, passages, structures and number words."""
