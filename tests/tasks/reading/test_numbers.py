"""Numbers in digits and in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.tasks.reading import Facts
from snellen.tasks.reading.number.numbers import LIST, NUMBER, alone, is_echo, to_integer
from snellen.tasks.reading.text.plain import plain
from snellen.tasks.reading.text.words import han_value, spell_out

SMALL = (
    "zero one two three four five six seven eight nine "
    "ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def english(n: int, hyphen: str, joiner: str) -> str:
    """English for n below a million, written independently of the parser."""
    if n < 20:
        return SMALL[n]
    if n < 100:
        return TENS[n // 10] + (hyphen + SMALL[n % 10] if n % 10 else "")
    scale, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = n % scale
    between = joiner if rest < 100 else " "
    head = f"{english(n // scale, hyphen, joiner)} {name}"
    return head + (between + english(rest, hyphen, joiner) if rest else "")


@pytest.mark.parametrize("joiner", [" ", " and "])
@pytest.mark.parametrize("hyphen", ["-", " "])
def test_english_comes_back(hyphen: str, joiner: str) -> None:
    for n in [*range(1000), *range(1000, 10_000, 7)]:
        assert spell_out(f"It is {english(n, hyphen, joiner)}.", bold=True) == f"It is {n}."


@given(st.integers(10_000, 999_999))
def test_larger_english_numbers_come_back(n: int) -> None:
    assert spell_out(english(n, "-", " and ")) == str(n)


DE = (
    "null eins zwei drei vier fünf sechs sieben acht "
    "neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"
).split()  # fmt: skip
DE_TENS = "_ _ zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
FR = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
).split()
FR_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}
ES = (
    "cero uno dos tres cuatro cinco seis siete ocho "
    "nueve diez once doce trece catorce quince "
    "dieciséis diecisiete dieciocho diecinueve "
    "veinte veintiuno veintidós veintitrés veinticuatro "
    "veinticinco veintiséis veintisiete veintiocho veintinueve"
).split()  # fmt: skip
ES_TENS = "_ _ _ treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
HAN = "零一二三四五六七八九"
KO = ["", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉"]
KO_TENS = ["", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]


def german(n: int) -> str:
    if n < 20:
        return DE[n]
    if n < 100:
        unit = "ein" if n % 10 == 1 else DE[n % 10]
        return (f"{unit}und" if n % 10 else "") + DE_TENS[n // 10]
    return f"{'ein' if n < 200 else DE[n // 100]}hundert{german(n % 100) if n % 100 else ''}"


def french(n: int) -> str:
    if n < 17:
        return FR[n]
    if n < 20:
        return f"dix-{FR[n - 10]}"
    if n < 70:
        tens, unit = FR_TENS[n // 10 * 10], n % 10
        return tens + (" et un" if unit == 1 else f"-{FR[unit]}" if unit else "")
    if n < 80:
        return "soixante et onze" if n == 71 else f"soixante-{french(n - 60)}"
    return "quatre-vingts" if n == 80 else f"quatre-vingt-{french(n - 80)}"


def spanish(n: int) -> str:
    if n < 30:
        return ES[n]
    return ES_TENS[n // 10] + (f" y {ES[n % 10]}" if n % 10 else "")


def chinese(n: int) -> str:
    if n < 10:
        return HAN[n]
    tens = ("" if n < 20 else HAN[n // 10]) + "十"
    return tens + (HAN[n % 10] if n % 10 else "")


@pytest.mark.parametrize(
    ("speak", "most"), [(german, 999), (french, 99), (spanish, 99)], ids=["de", "fr", "es"]
)
def test_other_alphabets_come_back(speak, most: int) -> None:  # type: ignore[no-untyped-def]
    for n in range(most + 1):
        if speak(n) != "once":  # English got there first
            assert spell_out(speak(n), bold=True).strip() == str(n), speak(n)


def test_chinese_and_korean_come_back() -> None:
    for n in range(100):
        assert han_value(chinese(n)) == n
    for n in range(1, 100):
        said = KO_TENS[n // 10] + KO[n % 10]
        assert spell_out(f"{said} 개").split()[0] == str(n), said


@pytest.mark.parametrize(
    "text", ["someone", "weight", "often", "stone", "tenfold", "fortyish", "One of us", "un chat"]
)
def test_words_that_are_no_numbers(text: str) -> None:
    assert spell_out(text) == text


@given(
    st.integers(0, 10**7 - 1),
    st.sampled_from([",", "_", "\u00a0", "\u202f", "\u2009", "{,}", "\\,"]),
)
def test_thousands_separators_come_back(n: int, separator: str) -> None:
    assert alone(plain(f"{n:,}".replace(",", separator))) == n


@given(
    st.integers(1 - 10**7, 10**7 - 1),
    st.sampled_from(["٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９"]),
)
def test_digits_of_any_script_come_back(n: int, digits: str) -> None:
    written = str(n).translate(str.maketrans("0123456789", digits))
    assert alone(plain(written)) == n
    assert alone(plain(written.replace("-", "−"))) == n


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("42.0", 42), ("42.000", 42), ("4.5", None), ("0.5", None), ("-7", -7), ("+7", 7),
        ("9" * 7, 10**7 - 1), ("-" + "9" * 7, 1 - 10**7), ("9" * 8, None), ("1" * 10_000, None),
    ],
)  # fmt: skip
def test_what_is_no_count_is_none(token: str, value: int | None) -> None:
    assert to_integer(token) == value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,024", ["1,024"]), ("12,34", []), ("3/4 and 2024/12/31", []), ("v2 x2 2nd", []),
        ("(42)", ["42"]), ("42.", ["42"]), ("n=42;", ["42"]), ("1.2.3", []),
    ],
)  # fmt: skip
def test_where_a_number_begins_and_ends(text: str, found: list[str]) -> None:
    assert NUMBER.findall(text) == found


@pytest.mark.parametrize(
    ("text", "is_list"),
    [
        ("1 1 1", True), ("1, 2, 3", True), ("1 + 1 + 1", True), ("(1 1 1), (1)", True),
        ("[1, 0, 1]", True), ("1\n2\n3", True), ("1 + 1", True), ("7 0", True), ("1 → 2", True),
        ("7\n0", False), ("7 (0)", False), ("4 of 5 in 6", False), ("1\n\n2\n\n3", False),
        ("1,024", False), ("1,000,000", False), ("1,234,567,890, or so", False),
        ("1,000, 2, 3", True), ("100, 200, 300", True), ("42 7s", False),
    ],
)  # fmt: skip
def test_what_is_a_list(text: str, is_list: bool) -> None:
    assert bool(LIST.search(text)) == is_list


@pytest.mark.parametrize(
    ("digits", "length", "echo"),
    [
        ("7777777", 42, True), ("777", 42, True), ("77", 42, False), ("100", 42, False),
        ("777", 400, False), ("7777", None, True), ("777", 3, True), ("7", 42, False),
    ],
)  # fmt: skip
def test_what_is_an_echo_without_separators(digits: str, length: int | None, echo: bool) -> None:
    facts = Facts("number", "7", ("7",), length)
    assert is_echo(int(digits), digits, facts) == echo
