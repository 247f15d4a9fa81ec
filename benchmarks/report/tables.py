"""Figures as tables, for the terminal and for the document."""

from rich.console import Console
from rich.table import Table

from benchmarks.results import Figure, Results


def row(figure: Figure) -> list[str]:
    """A figure in words."""
    target = ""
    if figure.at_least is not None:
        target = f"≥ {figure.at_least:.2f}"
    elif figure.at_most is not None:
        target = f"≤ {figure.at_most:.2f}"
    return [
        figure.name,
        figure.against,
        _number(figure.ours),
        _number(figure.theirs),
        f"{figure.ratio:.2f}",
        target,
        figure.verdict,
    ]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


HEADS = ("what", "against", "ours", "theirs", "ratio", "target", "")


def print_figures(console: Console, results: Results) -> None:
    """All figures, to be read in a terminal."""
    table = Table("suite", "database", *HEADS)
    for figure in results.figures:
        table.add_row(figure.suite, figure.database, *row(figure))
    console.print(table)


def print_facts(console: Console, results: Results) -> None:
    """What suites tell beside ratios, as they tell it; the statements are for the document."""
    for suite, told in results.facts.items():
        for database, facts in told.items():
            shown = {name: fact for name, fact in facts.items() if name != "statements"}
            console.print(f"{suite}, {database}:", shown)
