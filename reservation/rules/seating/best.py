"""The best seats that are left, as a box office would hand them out.

Together first, as near as can be to the best place of the hall: the middle of the row, two
thirds of the way back. That is where cinemas' sound is measured and set, and where THX
advises to sit (Steve Martz of THX in Popular Mechanics, "How to Find the Best Seat in Any
Movie Theater", 2016).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import accumulate, pairwise

from reservation.rules.seating.choosing import Choice, cheapest
from reservation.rules.seating.places import STANDARD_ONLY, Place, Spot, line_up, together


def best_available(
    places: Iterable[Place],
    taken: Collection[int],
    count: int,
    *,
    category: int | str | None = None,
    kinds: Collection[str] = STANDARD_ONLY,
    open_kinds: Collection[str] = STANDARD_ONLY,
    avoid_lonely: bool = True,
) -> tuple[int, ...] | None:
    """The ids of the best `count` free seats, by row and from left to right; None if sold out.

    They are neighbours if there are so many anywhere; else in as few parts as possible,
    these in rows as near to each other as possible. Only of that category and these kinds.
    What it finds, `mend` allows where `avoid_lonely`. The same question has the same answer,
    in whatever order the places come.

    `taken` are all that can't be had: sold, held, blocked. `open_kinds` are those that are
    sold to everyone at the time, for the lonely seats alone.
    """
    places = list(places)
    if count < 1 or not places:
        return None
    spots = line_up(
        places,
        taken=taken,
        open_kinds=open_kinds,
        wanted=lambda place: place.kind in kinds and category in (None, place.category),
        cost=_distance_to_the_best_place(places),
    )
    choice = _neighbours(spots, count, tidy=avoid_lonely) or _in_parts(
        spots, count, tidy=avoid_lonely
    )
    return tuple(spots[index].place.id for index in choice.indices) if choice else None


def _distance_to_the_best_place(places: Sequence[Place]) -> Callable[[Place], int]:
    """The square of the distance; a row is as deep as two seats are wide.

    In sixths of a seat's width, so that halves and thirds are whole numbers.
    """
    xs, ys = [place.x for place in places], [place.y for place in places]
    middle = 3 * (min(xs) + max(xs))
    back = 4 * (min(ys) + 2 * max(ys))
    return lambda place: (6 * place.x - middle) ** 2 + (12 * place.y - back) ** 2


def _neighbours(spots: Sequence[Spot], count: int, *, tidy: bool) -> Choice | None:
    """The best run of neighbours; one that leaves a seat lonely only if all do."""
    cost_before = [0, *accumulate(spot.cost for spot in spots)]
    found = []
    for last, run in enumerate(_runs(spots)):
        if run >= count:
            first = last - count + 1
            untidy = tidy and _leaves_lonely(spots, first, last)
            found.append((untidy, cost_before[last + 1] - cost_before[first], first))
    if not found:
        return None
    _, cost, first = min(found)
    return Choice(cost, tuple(range(first, first + count)))


def _runs(spots: Sequence[Spot]) -> list[int]:
    """For each spot how many wanted neighbours there are up to it."""
    runs: list[int] = []
    for spot in spots:
        before = runs[-1] if runs and spot.joined else 0
        runs.append(before + 1 if spot.wanted else 0)
    return runs


def _leaves_lonely(spots: Sequence[Spot], first: int, last: int) -> bool:
    on_left = together(spots, first - 1, first) and not together(spots, first - 2, first - 1)
    on_right = together(spots, last, last + 1) and not together(spots, last + 1, last + 2)
    return on_left or on_right


def _in_parts(spots: Sequence[Spot], count: int, *, tidy: bool) -> Choice | None:
    parts = _fewest_parts(spots, count)
    if parts is None:
        return None
    # Where every choice leaves a seat lonely, that is no reason against any.
    tidy = tidy and cheapest(spots, count=count, parts=parts, tidy=True) is not None
    return _in_fewest_rows(spots, count=count, parts=parts, tidy=tidy)


def _fewest_parts(spots: Sequence[Spot], count: int) -> int | None:
    """In how few runs of neighbours so many can sit; None if in none at all."""
    runs = _runs(spots)
    ends = [run for run, after in pairwise([*runs, 0]) if after <= run]
    for parts, seats in enumerate(accumulate(sorted(ends, reverse=True)), start=1):
        if seats >= count:
            return parts
    return None


def _in_fewest_rows(spots: Sequence[Spot], *, count: int, parts: int, tidy: bool) -> Choice | None:
    """The best choice among those whose first and last row are nearest to each other."""
    rows = _rows(spots)

    @cache
    def search(first: int, last: int) -> Choice | None:
        stretch = spots[rows[first][0] : rows[last][1]]
        return _search(stretch, count=count, parts=parts, tidy=tidy)

    found: list[tuple[int, Choice]] = []
    for first, last in _shortest(len(rows), lambda first, last: search(first, last) is not None):
        if choice := search(first, last):
            start, end = rows[first][0], rows[last][0]
            indices = tuple(start + index for index in choice.indices)
            depth = spots[end].place.y - spots[start].place.y
            found.append((depth, Choice(choice.cost, indices)))
    return min(found)[1] if found else None


def _shortest(rows: int, does: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    """Each stretch of rows, as first and last, that does and would not with a row less.

    More rows never do worse. So both ends only move on; and where they have far to go, as in a
    hall with few seats left, they leap.
    """
    first, last = 0, 0
    while True:
        last = _least(max(first, last), rows, partial(does, first))
        if last == rows:
            return
        first = _least(first + 1, last + 1, partial(_not, does, last))
        yield first - 1, last


def _not(does: Callable[[int, int], bool], last: int, first: int) -> bool:
    return not does(first, last)


def _least(start: int, end: int, does: Callable[[int], bool]) -> int:
    """The least number from `start` on that does, as all after it do; `end` if none before it."""
    failed, probe, step = start - 1, start, 1
    while probe < end and not does(probe):
        failed, probe, step = probe, probe + step, 2 * step
    probe = min(probe, end)
    while probe - failed > 1:
        middle = (failed + probe) // 2
        if does(middle):
            probe = middle
        else:
            failed = middle
    return probe


def _search(spots: Sequence[Spot], *, count: int, parts: int, tidy: bool) -> Choice | None:
    # Most stretches of rows are ruled out by counting alone.
    least = _fewest_parts(spots, count)
    if least is None or least > parts:
        return None
    return cheapest(spots, count=count, parts=parts, tidy=tidy)


def _rows(spots: Sequence[Spot]) -> list[tuple[int, int]]:
    """Where each row begins in the line, and where it ends."""
    starts = [
        index
        for index, spot in enumerate(spots)
        if index == 0 or spots[index - 1].place.y != spot.place.y
    ]
    return list(zip(starts, [*starts[1:], len(spots)], strict=True))
