"""Who sends the mail that is queued."""

import pytest

from cinema_reservation import mail
from cinema_reservation.tests.racing import at_once


def is_alone() -> bool:
    with mail._alone() as alone:
        return alone


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_while_one_worker_sends_no_other_does(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with mail._alone() as first:
        (second,) = at_once([is_alone])
    assert (first, second) == (True, False)
    assert at_once([is_alone]) == [True]
