"""The page of a prescription: which lens, how far one sees with it, and what was excluded."""
