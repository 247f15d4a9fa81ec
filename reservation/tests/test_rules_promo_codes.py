import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules.promotions import LONGEST_TYPED, NotACode, normalized


@pytest.mark.parametrize(
    "typed",
    [
        "SUMMER-26",
        "summer-26",
        "  Summer-26\n",
        "\u00a0SUMMER-26\u3000",
        "ＳＵＭＭＥＲ－２６",  # full width
        "summer\u201326",  # en dash
        "summer\u201126",  # a hyphen that does not break
        "summer\u221226",  # minus
        "\u017fummer-26",  # long s
    ],
)
def test_a_code_is_the_same_however_it_was_typed(typed):
    assert normalized(typed) == "SUMMER-26"


@pytest.mark.parametrize(("typed", "code"), [("\u0130N\u0130", "INI"), ("ın\u0131", "INI")])
def test_a_code_is_the_same_on_a_turkish_keyboard(typed, code):
    assert normalized(typed) == code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "ab",
        "a" * 31,
        "---",
        "-abc",
        "two words",
        "under_score",
        "caf\u00e9",
        "\u0430bc",  # a Cyrillic a
        "abc\x00",
        "abc\n\nd",
        "\ud800abc",
        "٣٤٥",
        "abc\u200bd",
        "\ufdfa" * 50,
        "a" * 10**6,
    ],
)
def test_anything_else_is_no_code(typed):
    with pytest.raises(NotACode):
        normalized(typed)


def test_what_is_too_long_is_not_even_looked_at():
    assert normalized(" " * (LONGEST_TYPED - 3) + "abc") == "ABC"
    with pytest.raises(NotACode):
        normalized(" " * (LONGEST_TYPED - 2) + "abc")


@pytest.mark.parametrize("length", [3, 30])
def test_a_code_may_be_that_short_and_that_long(length):
    assert normalized("a" * length) == "A" * length


@given(st.text(max_size=40))
def test_a_code_in_its_one_form_stays_as_it_is_and_in_any_case(typed):
    try:
        code = normalized(typed)
    except NotACode:
        return
    assert normalized(code) == normalized(code.lower()) == code


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{2,29}", fullmatch=True), st.randoms())
def test_plain_letters_digits_and_dashes_are_a_code_in_any_case(typed, random):
    mixed = "".join(random.choice([c.lower(), c.upper()]) for c in typed)
    assert normalized(f" {mixed} ") == typed.upper()
