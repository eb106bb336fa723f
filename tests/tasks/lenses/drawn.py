"""Lenses of all kinds, drawn at random."""

from __future__ import annotations

from hypothesis import strategies as st
from snellen.errors import InputError
from snellen.tasks.lenses import Lens, find_lens

SEPARATORS = ("comma", "space", "newline", "pipe", "semicolon")
SIZE = st.integers(1, 12)
ALIGNED = st.sampled_from(["", ":left", ":right"])

TERM = st.one_of(
    st.sampled_from(
        [
            *SEPARATORS, "joined", "numbered", "letters", "words", "nonwords", "hint",
            "question_first", "question_both", "question_last", "repeat", "repeat_sequence",
            "enumerate", "reason",
        ]
    ),
    st.builds("{}:{}{}".format, st.sampled_from([*SEPARATORS, "brackets"]), SIZE, ALIGNED),
    st.builds("partition:{}".format, SIZE),
    st.builds("vocabulary:{}".format, st.integers(2, 8)),
    st.builds("{}:{}".format, st.sampled_from(["repeat", "repeat_sequence"]), st.integers(2, 3)),
    st.builds("filler:{}".format, st.integers(1, 80)),
)  # fmt: skip
"""A term that changes the prompt, in any of its spellings."""


@st.composite
def lenses(draw: st.DrawFn, most: int = 4) -> Lens:
    """A lens of up to so many terms that do not contradict each other."""
    spec = ""
    for term in draw(st.lists(TERM, min_size=1, max_size=most)):
        longer = f"{spec}+{term}" if spec else term
        try:
            find_lens(longer)
        except InputError:
            continue
        spec = longer
    return find_lens(spec or "none")
