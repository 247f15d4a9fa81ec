"""All guards that are taken away, room by room."""

from cinema_reservation.tests.mutants import asking, learning, seats, settling, working

MUTANTS = (*asking.MUTANTS, *learning.MUTANTS, *settling.MUTANTS, *seats.MUTANTS, *working.MUTANTS)
