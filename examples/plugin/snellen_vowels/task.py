"""A task of one's own: letters, half of them vowels; how many are there?"""

from __future__ import annotations

from snellen import Task
from snellen.tasks.chance import binomial_guess
from snellen.tasks.draw import Draw
from snellen.tasks.prompts.wording import Wording, ways_to_ask_for_only, ways_to_show
from snellen.tasks.task import Items

VOWELS = "AEIOU"
CONSONANTS = "BCDFGHJKLMNPQRSTVWXYZ"


def letters(draw: Draw, n: int) -> Items:
    """Letters, each a vowel with probability 0.5; the same stream gives the same letters."""
    items = tuple(draw.pick(VOWELS if draw.uniform() < 0.5 else CONSONANTS) for _ in range(n))
    return Items(items, truth=str(sum(letter in VOWELS for letter in items)))


COUNT_VOWELS = Task(
    name="count_vowels",
    summary="letters, half of them vowels; how many vowels",
    generate=letters,
    wording=Wording(
        intros=ways_to_show("text", "Text"),
        questions=(
            "How many vowels are there in the text?",
            "Count the vowels in the text.",
            "What is the number of vowels in the text?",
        ),
        bare=ways_to_ask_for_only("number"),
        noun="the number",
        hint="Hint: the answer is not necessarily half of the letters, count carefully.",
    ),
    family="vowels",
    guess=binomial_guess(0.5),
)
