"""All guards that are taken away, room by room."""

from cinema_reservation.tests.mutants import (
    asking,
    choosing,
    crowds,
    forward,
    keeping,
    learning,
    leaving,
    owed,
    planning,
    seats,
    settling,
    waiting,
    waiving,
    working,
)

MUTANTS = (
    *asking.MUTANTS,
    *keeping.MUTANTS,
    *learning.MUTANTS,
    *forward.MUTANTS,
    *settling.MUTANTS,
    *leaving.MUTANTS,
    *owed.MUTANTS,
    *planning.MUTANTS,
    *waiving.MUTANTS,
    *seats.MUTANTS,
    *choosing.MUTANTS,
    *waiting.MUTANTS,
    *working.MUTANTS,
    *crowds.MUTANTS,
)
