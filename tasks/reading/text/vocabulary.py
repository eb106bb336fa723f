"""Vocabularies: tables of words and phrases, and the patterns that they make."""

from __future__ import annotations


def either(*rows: str) -> str:
    """The alternatives of a table as one pattern; in a row they stand between bars with spaces.

    An alternative may itself be a pattern; a bar without spaces around it belongs to it.

    >>> either("over | up to", "more (?:than|of)")
    'over|up to|more (?:than|of)'
    """
    return "|".join(word for row in rows for word in row.split(" | "))
