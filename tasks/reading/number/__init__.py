"""Reading a count or a sum: what is no answer, what is claimed, and the rules that choose."""
