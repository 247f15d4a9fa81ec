"""Rivals for the same seats, each let in at every moment between two lines of the other.

Whoever is named on the left is interrupted, between its lock and its look, between its look
and its write, and just before it commits; the rival comes on a connection of its own. Where
something guards the lines, the rival is *seen* waiting, and goes on when the first one has
committed. Where nothing has to (free), it is through at once on PostgreSQL; on SQLite,
where one writer at a time begins, every rival waits everywhere.

| interrupted           | by a rival who                      | who then                          |
| --------------------- | ----------------------------------- | --------------------------------- |
| hold                  | holds a seat of the same            | is refused all, told which        |
|   before it locks     | the same (free)                     | has them; the first is refused    |
| hold of a dead hold's | holds the same                      | is refused                        |
|                       | expires or ends the dead hold       | frees nothing but its own         |
|                       | pays, extends, cancels that hold    | gets no seat back                 |
| confirm               | confirms, extends, expires, ends it | changes nothing more              |
|                       | cancels it                          | cancels what was paid             |
|   at the last instant | holds its seats an instant later    | is refused                        |
|   before it locks     | the same (free)                     | has them; the payer is refused    |
|   late                | holds its seats, expires, ends it   | is refused, changes nothing       |
| extend, await payment | confirms, cancels, ends, extends it | changes what was prolonged        |
|                       | expires it                          | changes nothing                   |
|                       | holds its seats an instant later    | is refused                        |
| cancel, by whomever   | confirms, extends it                | is refused                        |
|                       | cancels, expires it                 | changes nothing more              |
| expire, end unsold    | confirms it                         | takes the seats back              |
|                       | extends, cancels, expires it        | is refused, changes nothing       |
| all of these four     | holds what is being freed           | has it once it is free            |
| cancel a show         | holds, confirms, extends            | is refused                        |
| hold, confirm, extend | cancels the show                    | ends the reservation too          |
| retire a seat         | holds it                            | is refused                        |
| hold                  | retires, renames a seat of it       | leaves it theirs; is refused      |
| change the price      | holds                               | pays the new price                |
|                       | cancels, expires                    | is counted in `seats_version`     |
| cancel                | changes the price                   | undoes no count                   |
| hold                  | changes the price                   | changes nothing that was held     |
|                       | changes a ticket type (free)        | changes a whole total, or nothing |
|                       | moves the show                      | is refused                        |
| move the show         | holds                               | holds seats of where it is now    |
| block a seat          | holds it, pays too late for it      | is refused                        |
|                       | blocks it                           | is refused                        |
|                       | wants the best seat                 | has another                       |
| hold, pay late        | blocks a seat of it                 | is refused, told whose it is      |
| lift a block          | holds the seat                      | has it                            |
| use a promo code      | uses it at another show             | is refused, if that was the last  |
|                       | the same, of a code without limits  | has it (free)                     |
|                       | cancels what uses it                | gives its use back                |
|                       | changes, deletes it                 | changes no hold; is refused       |
| use a dead hold's     | pays, extends that hold             | is refused                        |
| pay late with a code  | uses it                             | is refused, if that was the last  |
| change a promotion    | uses it                             | heeds the change                  |
| waive                 | waives, cancels                     | leaves no more due than that      |
| cancel, confirm       | waives                              | gives up what is due then         |

`test_controls.py` takes the guards away and sees what they keep from happening; settling money
against cancelling and waiving it is in `payments/tests/test_rivals_settling.py`. Crowds, and
luck, are in `reservation/tests/test_races.py`.
"""
