"""The bare view and hello world: started like ours, beside ours."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.load.http import Answer
from benchmarks.stage.house import House
from benchmarks.stage.server import serving

# What the server adds by itself to every answer.
OF_THE_SERVER = {"server", "date", "connection"}


@contextmanager
def bare_views(house: House, answers: Sequence[Answer]) -> Iterator[int]:
    """A server whose `/answer/N/` gives the N-th of these answers, byte for byte. Its port."""
    told = house.folder / "answers.json"
    told.write_text(json.dumps([_as_told(answer) for answer in answers]))
    more = {"DJANGO_SETTINGS_MODULE": "benchmarks.bare.settings"}
    with house.serving(**more, BENCHMARK_ANSWERS=str(told)) as port:
        yield port


def _as_told(answer: Answer) -> dict[str, Any]:
    lines = [line.decode("latin-1").partition(": ") for line in answer.head.split(b"\r\n")[1:]]
    headers = {name: value for name, _, value in lines if name.lower() not in OF_THE_SERVER}
    return {"status": answer.status, "headers": headers, "content": answer.body.decode()}


@contextmanager
def hello_world(house: House) -> Iterator[int]:
    """The same server with no framework behind it. Its port."""
    log, application = house.folder / "hello.log", "benchmarks.bare.hello"
    with serving(house.environment(), log=log, application=application) as port:
        yield port
