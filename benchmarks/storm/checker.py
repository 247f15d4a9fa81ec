"""Whether everybody was told the truth: every answer held against the database's books.

- Each 201's seats belong to its reservation, that reservation to who asked, and to nobody
  else; it is for the seats that were asked for.
- Each 409 was true: it names seats among those asked for, and each of these had been taken
  by somebody else before the answer came.
- Everybody was answered, by nothing that the API does not promise.
- No seat has two live tickets, no live ticket is one that nobody was told of (unless the
  line went dead), and none is left while somebody still wanted one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.storm.books import Entry
from benchmarks.storm.customers import Told

# What a client may be told when more is asked than can be served.
NOT_NOW = frozenset({429, 503})


def lies(told: Sequence[Told], books: Sequence[Entry], *, seats: Sequence[int]) -> list[str]:
    """Everything that was promised and is not so, in words; empty where all is well."""
    live = [entry for entry in books if entry.is_live]
    return [
        *_sold_twice(live),
        *_broken_promises(told, live),
        *_untold(told, live),
        *_false_refusals(told, books, set(seats)),
        *_unknown_answers(told),
    ]


def sold_twice(books: Sequence[Entry]) -> int:
    """How many seats have more than one live ticket."""
    return len(list(_sold_twice([entry for entry in books if entry.is_live])))


def _sold_twice(live: Sequence[Entry]) -> Iterator[str]:
    for seat, count in Counter(entry.seat for entry in live).items():
        if count > 1:
            yield f"seat {seat} was sold {count} times"


def _broken_promises(told: Sequence[Told], live: Sequence[Entry]) -> Iterator[str]:
    kept: dict[int, set[int]] = defaultdict(set)
    owner = {entry.reservation: entry.user for entry in live}
    for entry in live:
        kept[entry.reservation].add(entry.seat)
    promised: Counter[int] = Counter()
    for answer in told:
        if answer.status != 201:
            continue
        number = answer.body["id"]
        seats = {seat["id"] for seat in answer.body["seats"]}
        promised.update(seats)
        if seats != set(answer.seats):
            yield f"{answer.customer} asked for {answer.seats} and was given {seats}"
        if kept[number] != seats or owner.get(number) != answer.customer:
            yield f"{answer.customer} was promised {seats}; the books say {kept[number]}"
    for seat, count in promised.items():
        if count > 1:
            yield f"seat {seat} was promised to {count} customers"


def _untold(told: Sequence[Told], live: Sequence[Entry]) -> Iterator[str]:
    known = {answer.body["id"] for answer in told if answer.status == 201}
    cut_off = {answer.customer for answer in told if answer.status == 0}
    for entry in live:
        if entry.reservation not in known and entry.user not in cut_off:
            yield f"{entry.user} has seat {entry.seat} and was never told"


def _false_refusals(
    told: Sequence[Told], books: Sequence[Entry], on_sale: set[int]
) -> Iterator[str]:
    taken: dict[int, list[Entry]] = defaultdict(list)
    for entry in books:
        taken[entry.seat].append(entry)
    for answer in told:
        if answer.status != 409:
            continue
        error = answer.body["errors"][0]
        named = {seat["id"] for seat in error.get("seats", [])}
        if not named or not named <= set(answer.seats) & on_sale:
            yield f"{answer.customer} asked for {answer.seats} and was refused {error}"
        for seat in named:
            if not any(_was_before(entry, answer) for entry in taken[seat]):
                yield f"{answer.customer} was refused seat {seat}, which was free"


def _was_before(entry: Entry, answer: Told) -> bool:
    return entry.user != answer.customer and entry.made_at <= answer.received_at


def _unknown_answers(told: Sequence[Told]) -> Iterator[str]:
    for answer in told:
        if answer.status not in {201, 409} | NOT_NOW:
            yield f"{answer.customer} was answered {answer.status}: {answer.body}"
