"""Writes what was found into docs/performance.md, between its marks; the prose stays.

<!-- found: booking -->
… written anew by every full run …
<!-- end -->
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import tables
from benchmarks.report.plot import curves
from benchmarks.results import Results

MARKED = re.compile(r"(<!-- found: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def write(results: Results, document: Path) -> None:
    """Fill in every mark whose suite was run, and draw the plots beside the document."""
    plots = document.with_suffix("")
    plots.mkdir(exist_ok=True)
    for database, lines in results.facts.get("growth", {}).items():
        numbers = {name: {int(n): y for n, y in line.items()} for name, line in lines.items()}
        title = f"What an answer costs as the house grows, {database}"
        picture = curves(title, numbers, across="tickets, shows and accounts", up="milliseconds")
        (plots / f"growth-{database.lower()}.svg").write_text(picture)
    text = MARKED.sub(lambda mark: _filled(mark, results), document.read_text())
    document.write_text(text)


def _filled(mark: re.Match[str], results: Results) -> str:
    begin, name, end = mark.groups()
    found = PARTS.get(name, _figures)(name, results)
    return f"{begin}{found}{end}" if found else mark.group()


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _machine(_: str, results: Results) -> str:
    return _table(("", ""), [(name, value) for name, value in results.machine.items()])


def _figures(suite: str, results: Results) -> str:
    rows = [(figure.database, *tables.row(figure)) for figure in results.of(suite)]
    return _table(("database", *tables.HEADS), rows) if rows else ""


def _statements(_: str, results: Results) -> str:
    """What one booking asks of SQLite; PostgreSQL is asked the same in its own words."""
    facts = results.facts.get("booking", {}).get("SQLite")
    if facts is None:
        return ""
    columns = re.compile(r"(SELECT|RETURNING) [^()]*?(?= FROM|$)|(?<=\()(\"\w+\", )+\"\w+\"")
    short = (columns.sub(_shortened, sql).replace('"', "") for sql in facts["statements"])
    return "```sql\n" + "\n".join(short) + "\n```\n"


def _shortened(columns: re.Match[str]) -> str:
    return f"{columns[1]} …" if columns[1] else "…"


def _storm(_: str, results: Results) -> str:
    storms = results.facts.get("storm", {})
    return _table(("", *storms), _storm_rows(list(storms.values()))) if storms else ""


def _storm_rows(storms: list[dict[str, Any]]) -> list[list[str]]:
    told: dict[str, Callable[[dict[str, Any]], str]] = {
        "storms": lambda storm: str(storm["storms"]),
        "sold out after": lambda storm: f"{storm['sold_out_after']:.1f} s",
        "half of the answers within": lambda storm: f"{storm['p50']:.2f} s",
        "99 of 100 answers within": lambda storm: f"{storm['p99']:.2f} s",
        "booked (201)": lambda storm: _share(storm, "201"),
        "refused, taken (409)": lambda storm: _share(storm, "409"),
        "not now (503)": lambda storm: _share(storm, "503"),
        "all else": lambda storm: _rest(storm),
        "seats sold twice": lambda storm: str(storm["sold_twice"]),
        "seats left though wanted": lambda storm: str(storm["unsold"]),
        "answers that the books belie": lambda storm: str(storm["lies"]),
        "control, without guards: seats sold twice": lambda storm: str(
            storm["control"]["sold_twice"]
        ),
        "control: objections of the checker": lambda storm: str(storm["control"]["lies"]),
    }
    return [[name, *map(say, storms)] for name, say in told.items()]


def _share(storm: dict[str, Any], status: str) -> str:
    statuses = {str(key): count for key, count in storm["statuses"].items()}
    return f"{statuses.get(status, 0) / sum(statuses.values()):.1%}"


def _rest(storm: dict[str, Any]) -> str:
    known = {"201", "409", "503"}
    rest = {key: n for key, n in storm["statuses"].items() if str(key) not in known}
    return ", ".join(f"{n} × {status}" for status, n in rest.items()) or "none"


def _anatomy(_: str, results: Results) -> str:
    found = results.facts.get("anatomy", {})
    layers = dict.fromkeys(layer for shares in found.values() for layer in shares)
    rows = [[layer, *(f"{s.get(layer, 0):.0%}" for s in found.values())] for layer in layers]
    return _table(("of the time of one booking", *found), rows) if found else ""


def _clients(_: str, results: Results) -> str:
    """What the clients felt, and what they cost the machine."""
    found = results.facts.get("booking", {})
    rows = [
        [database, WHERE[key], f"{waits['p50'] * 1000:.0f} ms", f"{waits['p99'] * 1000:.0f} ms"]
        + [f"{facts['client_microseconds']:.0f} µs", f"{facts['busy_cores'][key]:.1f}"]
        for database, facts in found.items()
        for key, waits in facts["waits"].items()
    ]
    heads = (
        "database",
        "booking",
        "half within",
        "99 of 100 within",
        "a client's own cost",
        "busy cores",
    )
    return _table(heads, rows) if rows else ""


WHERE = {"spread": "spread over many shows", "one": "all on one show"}
PARTS: dict[str, Callable[[str, Results], str]] = {
    "machine": _machine,
    "statements": _statements,
    "storm": _storm,
    "anatomy": _anatomy,
    "clients": _clients,
}
