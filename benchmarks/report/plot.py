"""Curves as SVG: both axes by powers of ten, every line named at its end."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 430
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 40, 50
LABEL_HEIGHT = 15
# Told apart by people who see few colours too (Okabe and Ito), then once more, dashed.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
Curve = Mapping[int, float]


def curves(title: str, lines: Mapping[str, Curve], *, across: str, up: str) -> str:
    """An SVG document with these lines, each a value for every number across."""
    scales = sorted({x for line in lines.values() for x in line})
    values = [y for line in lines.values() for y in line.values()]
    axes = _Axes(scales, floor(log10(min(values))), ceil(log10(max(values))))
    paper = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
    parts = [
        f'<svg {paper} font-family="system-ui, sans-serif" font-size="12" fill="#333">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="600">{title}</text>',
        *axes.drawn(across, up),
        *_drawn(lines, axes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Axes:
    """Where a value stands on the paper."""

    def __init__(self, scales: Sequence[int], lowest: int, highest: int) -> None:
        self.scales, self.lowest, self.highest = scales, lowest, max(highest, lowest + 1)

    def x(self, scale: int) -> float:
        span = log10(self.scales[-1] / self.scales[0]) or 1.0
        return LEFT + log10(scale / self.scales[0]) / span * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (log10(value) - self.lowest) / (self.highest - self.lowest)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def drawn(self, across: str, up: str) -> Iterator[str]:
        middle = HEIGHT - BOTTOM
        for power in range(self.lowest, self.highest + 1):
            y = self.y(10.0**power)
            yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
        for scale in self.scales:
            x = self.x(scale)
            yield f'<path d="M{x:.1f} {TOP}V{middle}" stroke="#ddd"/>'
            yield f'<text x="{x:.1f}" y="{middle + 18}" text-anchor="middle">{scale}×</text>'
        centre = (LEFT + WIDTH - RIGHT) / 2
        yield f'<text x="{centre}" y="{HEIGHT - 10}" text-anchor="middle">{across}</text>'
        turned = f"translate(16 {HEIGHT / 2}) rotate(-90)"
        yield f'<text transform="{turned}" text-anchor="middle">{up}</text>'


def _drawn(lines: Mapping[str, Curve], axes: _Axes) -> Iterator[str]:
    ends = {name: axes.y(line[max(line)]) for name, line in lines.items()}
    heights = _apart(ends)
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        dashes = ' stroke-dasharray="5 3"' if number >= len(COLOURS) else ""
        points = [(axes.x(scale), axes.y(line[scale])) for scale in sorted(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        style = f'fill="none" stroke="{colour}" stroke-width="2"{dashes}'
        yield f'<polyline points="{path}" {style}/>'
        yield from (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points
        )
        x = WIDTH - RIGHT + 10
        yield f'<text x="{x}" y="{heights[name] + 4:.1f}" fill="{colour}">{name}</text>'


def _apart(ends: Mapping[str, float]) -> dict[str, float]:
    """Heights for the names, near the lines' ends and never on top of each other."""
    placed: dict[str, float] = {}
    lowest = float(TOP) - LABEL_HEIGHT
    for name, height in sorted(ends.items(), key=lambda end: end[1]):
        lowest = placed[name] = max(height, lowest + LABEL_HEIGHT)
    return placed
