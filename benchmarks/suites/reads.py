"""Hot reads against a bare Django view that returns the same bytes, and against hello world.

All three are served by the same server, started the same way, one beside the other.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.load.crowd import Tally, ask
from benchmarks.load.http import Answer, request
from benchmarks.load.processes import Helpers, helpers
from benchmarks.load.talks import Switchboard, Talk
from benchmarks.plan import Plan
from benchmarks.results import Results, compared
from benchmarks.stage.house import House
from benchmarks.stage.server import serving
from benchmarks.stage.turns import Side, by_turns

SUITE = "reads"
AT_LEAST, AT_LEAST_UNCHANGED = 0.60, 0.80
# What the server adds by itself to every answer.
OF_THE_SERVER = {"server", "date", "connection"}


def measure(house: House, kind: str, plan: Plan, results: Results) -> None:
    """Adds a figure for every hot read and its 304, each against the bare view and hello."""
    show = house.do("house.new_shows", count=1)["shows"][0]
    paths = {
        "free seats": f"/api/available-seats/?showtime={show}",
        "shows": "/api/show_times/",
        "films": "/api/movies/",
    }
    with house.serving() as port, helpers(1) as ready:
        questions = _questions(port, paths)
        answers = [fetch(port, question) for question in questions.values()]
        with _bare(house, answers) as bare, _hello(house) as hello:
            turn = partial(_turn, ready, plan)
            sides: dict[str, Side] = {"hello": partial(turn, hello, request("GET", "/"), 200)}
            for number, (name, question) in enumerate(questions.items()):
                status = answers[number].status
                same = request("GET", f"/answer/{number}/")
                sides[name] = partial(turn, port, question, status)
                sides[f"bare {name}"] = partial(turn, bare, same, status)
            measured = by_turns(sides, rounds=plan.rounds)
    for name in questions:
        at_least = AT_LEAST_UNCHANGED if name.endswith("304") else AT_LEAST
        both = (measured[name], measured[f"bare {name}"])
        results.add(compared(SUITE, kind, name, "bare Django view", both, at_least=at_least))
        both = (measured[name], measured["hello"])
        results.add(compared(SUITE, kind, name, "hello world", both))
    sizes = {name: len(answer.body) for name, answer in zip(questions, answers, strict=True)}
    results.tell(SUITE, kind, {"bytes": sizes})


def _questions(port: int, paths: dict[str, str]) -> dict[str, bytes]:
    """Each read, and the same again by somebody who has the answer already."""
    questions = {}
    for name, path in paths.items():
        questions[name] = request("GET", path)
        etag = fetch(port, questions[name]).header("ETag")
        questions[f"{name}, 304"] = request("GET", path, headers={"If-None-Match": etag})
    return questions


def fetch(port: int, question: bytes) -> Answer:
    """One answer to one question."""
    kept: list[Answer] = []

    def talk() -> Talk:
        answer = yield question
        if answer is not None:
            kept.append(answer)

    Switchboard(port, [talk()]).carry_on(seconds=30)
    return kept[0]


def _turn(ready: Helpers, plan: Plan, port: int, question: bytes, status: int) -> float:
    tally: Tally = ready.do(
        ask, port, [question], connections=plan.connections, seconds=plan.short_seconds
    )
    return tally.expect(status).rate


@contextmanager
def _bare(house: House, answers: list[Answer]) -> Iterator[int]:
    told = house.folder / "answers.json"
    told.write_text(json.dumps([as_told(answer) for answer in answers]))
    more = {"DJANGO_SETTINGS_MODULE": "benchmarks.bare.settings"}
    with house.serving(**more, BENCHMARK_ANSWERS=str(told)) as port:
        yield port


def as_told(answer: Answer) -> dict[str, Any]:
    """An answer as the bare view is told it."""
    lines = [line.decode("latin-1").partition(": ") for line in answer.head.split(b"\r\n")[1:]]
    headers = {name: value for name, _, value in lines if name.lower() not in OF_THE_SERVER}
    return {"status": answer.status, "headers": headers, "content": answer.body.decode()}


@contextmanager
def _hello(house: House) -> Iterator[int]:
    log = house.folder / "hello.log"
    application = "benchmarks.bare.hello"
    with serving(house.environment(), log=log, application=application) as port:
        yield port
