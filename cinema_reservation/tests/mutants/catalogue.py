"""All guards that are taken away, room by room."""

from cinema_reservation.tests.mutants import (
    asking,
    learning,
    leaving,
    seats,
    settling,
    waiting,
    waiving,
    working,
)

MUTANTS = (
    *asking.MUTANTS,
    *learning.MUTANTS,
    *settling.MUTANTS,
    *leaving.MUTANTS,
    *waiving.MUTANTS,
    *seats.MUTANTS,
    *waiting.MUTANTS,
    *working.MUTANTS,
)
