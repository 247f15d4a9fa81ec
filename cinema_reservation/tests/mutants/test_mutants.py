"""The list of guards fits the code as it is; whether tests miss them, `make mutants` says."""

import pytest

from cinema_reservation.tests.mutants.catalogue import MUTANTS
from cinema_reservation.tests.mutants.mutant import Mutant, NotThisText
from cinema_reservation.tests.mutants.tree import ALL_PASSED, ROOT, SOME_FAILED, Outcome

GUARD = Mutant(name="g", breaks="A promise.", file="g.py", old="if a:", new="if True:", tests=())


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_guard_still_stands_where_its_mutant_takes_it_away(mutant):
    mutant.check(ROOT)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_names_tests_that_there_are(mutant):
    for test in mutant.tests:
        file, *path = test.partition("[")[0].split("::")
        source = (ROOT / file).read_text()
        assert all(f"class {name}" in source or f"def {name}(" in source for name in path), test


def test_each_guard_has_a_name_and_a_sentence_of_its_own():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({mutant.breaks for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("source", ["", "if a: b()\nif a: c()\n", "if a: (\n"])
def test_a_text_that_is_gone_or_stands_twice_or_makes_no_python_is_refused(source):
    with pytest.raises(NotThisText):
        GUARD.mutated(source)


@pytest.mark.parametrize(
    ("status", "failed", "killed"),
    [
        (SOME_FAILED, "test_a_promise", True),
        (SOME_FAILED, "", False),  # an error on the way to the test
        (ALL_PASSED, "", False),
        (4, "", False),  # no such test
    ],
)
def test_only_a_test_that_ran_and_failed_kills(status, failed, killed):
    assert Outcome(status, failed, "").kills is killed
