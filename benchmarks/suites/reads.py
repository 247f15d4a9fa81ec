"""Hot reads against a bare Django view that returns the same bytes, and against hello world.

All three are served by the same server, started the same way, one beside the other.
"""

from functools import partial

from benchmarks.load.crowd import Tally, ask
from benchmarks.load.http import request
from benchmarks.load.processes import Helpers, helpers
from benchmarks.plan import Plan
from benchmarks.results import Results, compared
from benchmarks.stage.bare import bare_views, hello_world
from benchmarks.stage.house import House
from benchmarks.stage.questions import fetch
from benchmarks.stage.turns import Side, by_turns

SUITE = "reads"
AT_LEAST, AT_LEAST_UNCHANGED = 0.60, 0.80


def measure(house: House, kind: str, plan: Plan, results: Results) -> None:
    """Adds a figure for every hot read and its 304, each against the bare view and hello."""
    show = house.do("house.new_shows", count=1)["shows"][0]
    paths = {
        "free seats": f"/api/available-seats/?showtime={show}",
        "availability": f"/api/show_times/{show}/availability/",
        "shows": "/api/show_times/",
        "films": "/api/movies/",
    }
    with house.serving() as port, helpers(1) as ready:
        questions = _questions(port, paths)
        answers = [fetch(port, question) for question in questions.values()]
        with bare_views(house, answers) as bare, hello_world(house) as hello:
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


def _turn(ready: Helpers, plan: Plan, port: int, question: bytes, status: int) -> float:
    tally: Tally = ready.do(
        ask, port, [question], connections=plan.connections, seconds=plan.short_seconds
    )
    return tally.expect(status).rate
