"""The list of guards fits the code as it is; whether tests miss them, `make mutants` says."""

import pytest

from cinema_reservation.tests.mutants.catalogue import MUTANTS
from cinema_reservation.tests.mutants.tree import ROOT


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
