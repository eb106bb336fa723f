"""What lenses do inside a model, drawn and written beside what they gain."""
