"""Work done in processes of their own, all begun at the same moment."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")
_CONTEXT = multiprocessing.get_context("spawn")


class Helpers:
    """Processes that stand ready, so that no turn pays for their start."""

    def __init__(self, pool: ProcessPoolExecutor, count: int) -> None:
        self._pool, self.count = pool, count

    def do(self, work: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        """One piece of work in one process."""
        return self._pool.submit(work, *arguments, **named).result()

    def do_all(self, work: Callable[..., Result], pieces: Sequence[Any]) -> list[Result]:
        """A piece of work for each process, at the same time."""
        return list(self._pool.map(work, pieces))


@contextmanager
def helpers(count: int) -> Iterator[Helpers]:
    """So many processes, ended with the block."""
    with ProcessPoolExecutor(count, mp_context=_CONTEXT) as pool:
        ready = Helpers(pool, count)
        ready.do_all(len, [()] * count)
        yield ready
