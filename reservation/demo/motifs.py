"""The pictures on the demo posters, drawn from circles, boxes and polygons.

A motif draws on paper that is filled already, above `ART_HEIGHT`; what stands on the
ground may reach below it, where the title's band covers it.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PIL import ImageDraw, ImageFont

WIDTH, HEIGHT = 600, 900
ART_HEIGHT = 620
MIDDLE = WIDTH / 2

Point = tuple[float, float]


class Pen(NamedTuple):
    """Draws in the poster's own pixels, whatever the size of the canvas."""

    canvas: ImageDraw.ImageDraw
    scale: int

    def circle(self, x: float, y: float, radius: float, colour: str) -> None:
        centre = (x * self.scale, y * self.scale)
        self.canvas.circle(centre, radius * self.scale, fill=colour)

    def ring(self, x: float, y: float, radius: float, colour: str, width: float) -> None:
        centre = (x * self.scale, y * self.scale)
        thick = round(width * self.scale)
        self.canvas.circle(centre, radius * self.scale, outline=colour, width=thick)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def shape(self, points: Sequence[Point], colour: str) -> None:
        self.canvas.polygon([(x * self.scale, y * self.scale) for x, y in points], fill=colour)

    def line(self, start: Point, end: Point, colour: str, width: float) -> None:
        points = [(x * self.scale, y * self.scale) for x, y in (start, end)]
        self.canvas.line(points, fill=colour, width=round(width * self.scale))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
        ink: str,
        stroke: int = 0,
    ) -> None:
        place = (x * self.scale, y * self.scale)
        self.canvas.text(place, text, ink, font, stroke_width=stroke * self.scale)


def _around(x: float, y: float, radius: float, turn: float) -> Point:
    """The point at that part of a full turn, clockwise from the top."""
    angle = turn * math.tau
    return x + radius * math.sin(angle), y - radius * math.cos(angle)


def shards(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.shape([(0, 0), (230, 0), (90, 330), (0, 260)], shape)
    pen.shape([(600, 0), (600, 420), (430, 300), (520, 0)], shape)
    pen.shape([(60, 620), (190, 250), (250, 300), (300, 140), (380, 620)], accent)
    pen.shape([(300, 140), (420, 620), (350, 620)], shape)
    pen.shape([(400, 620), (470, 360), (540, 400), (600, 620)], shape)
    pen.shape([(168, 470), (210, 440), (226, 540), (182, 556)], paper)


def doorway(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.box(130, 110, 470, 640, shape)
    pen.box(165, 150, 435, 640, accent)
    pen.box(270, 300, 350, 640, shape)
    pen.circle(310, 275, 34, shape)
    pen.shape([(276, 262), (344, 262), (334, 214), (286, 214)], shape)
    pen.box(366, 480, 412, 640, shape)
    pen.circle(389, 460, 24, shape)
    pen.line((345, 380), (384, 500), shape, 14)


def moon(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.circle(400, 230, 150, accent)
    pen.shape([(0, 640), (0, 470), (150, 400), (330, 520), (600, 430), (600, 640)], shape)
    pen.shape([(130, 470), (130, 270), (170, 200), (210, 270), (210, 470)], shape)
    pen.shape([(210, 470), (210, 340), (300, 340), (300, 520)], shape)
    pen.shape([(300, 520), (300, 250), (330, 170), (360, 250), (360, 520)], shape)
    for left, top in ((160, 300), (238, 376), (322, 286)):
        pen.box(left, top, left + 16, top + 30, accent)


def clock(pen: Pen, paper: str, shape: str, accent: str) -> None:
    for floor in range(3):
        for window in range(4):
            left, top = 44 + window * 140, 396 + floor * 120
            pen.box(left, top, left + 92, top + 84, shape)
    pen.circle(MIDDLE, 250, 202, shape)
    pen.circle(MIDDLE, 250, 178, paper)
    for hour in range(12):
        start, end = (_around(MIDDLE, 250, r, hour / 12) for r in (140, 166))
        pen.line(start, end, shape, 12)
    pen.line((MIDDLE, 250), _around(MIDDLE, 250, 100, 0.72), shape, 18)
    pen.line((MIDDLE, 250), _around(MIDDLE, 250, 148, 0.375), accent, 14)
    pen.circle(MIDDLE, 250, 18, accent)


def beam(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.shape([(92, 500), (600, 60), (600, 470), (92, 520)], shape)
    pen.circle(470, 256, 118, accent)
    pen.circle(470, 256, 78, shape)
    pen.line((552, 340), (600, 388), accent, 34)
    pen.box(0, 470, 110, 640, accent)
    pen.circle(40, 420, 46, accent)
    pen.circle(122, 400, 34, accent)


def peaks(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.circle(430, 170, 84, accent)
    pen.shape([(-40, 640), (190, 190), (420, 640)], shape)
    pen.shape([(300, 640), (520, 330), (700, 640)], shape)
    pen.shape([(330, 560), (420, 560), (420, 490), (375, 452), (330, 490)], accent)


def steps(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.shape([(600, 0), (600, 300), (180, 0)], accent)
    for step in range(9):
        left, top = step * 68, 250 + step * 42
        pen.box(left, top, left + 68, 640, shape)
        pen.box(left, top, left + 68, top + 8, accent)
    for person in range(3):
        x, y = 40 + person * 136, 214 + person * 84
        pen.box(x - 12, y - 50, x + 12, y + 36, shape)
        pen.circle(x, y - 66, 15, shape)


def rails(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.circle(MIDDLE, 230, 150, accent)
    for tie in range(9):
        y = 250 + tie * tie * 6
        half = 26 + (y - 230) * 0.62
        pen.box(MIDDLE - half, y, MIDDLE + half, y + 4 + tie * 2.4, shape)
    for side in (-1, 1):
        foot = MIDDLE + side * 216
        points = [(MIDDLE + side * 8, 230), (foot + 15, 640), (foot - 15, 640)]
        pen.shape(points, shape)
    pen.circle(MIDDLE, 220, 66, shape)
    pen.circle(MIDDLE, 220, 26, paper)
    pen.box(MIDDLE - 18, 96, MIDDLE + 18, 170, shape)


def city(pen: Pen, paper: str, shape: str, accent: str) -> None:
    for turn in (-0.11, -0.05, 0.05, 0.11):
        left = _around(MIDDLE, 560, 760, turn - 0.012)
        right = _around(MIDDLE, 560, 760, turn + 0.012)
        pen.shape([(MIDDLE, 560), left, right], accent)
    towers = ((0, 330, 90), (90, 250, 80), (430, 270, 80), (510, 350, 90))
    for edge, top, width in towers:
        pen.box(edge, top, edge + width - 8, 640, shape)
    for level, half in enumerate((30, 52, 78, 108)):
        pen.box(MIDDLE - half, 110 + level * 110, MIDDLE + half, 640, shape)
    for window in range(5):
        pen.box(MIDDLE - 6, 190 + window * 84, MIDDLE + 6, 236 + window * 84, paper)


def sun(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.circle(MIDDLE, 400, 190, accent)
    for wave in range(7):
        y = 400 + wave * 32
        pen.box(0, y + 10, 600, y + 22 + wave * 1.5, shape)
    pen.shape([(170, 452), (330, 452), (300, 492), (200, 492)], shape)
    pen.shape([(252, 440), (252, 300), (336, 440)], shape)


def fan(pen: Pen, paper: str, shape: str, accent: str) -> None:
    for ray in range(-7, 8):
        left = _around(MIDDLE, 620, 700, ray / 32 - 0.0085)
        right = _around(MIDDLE, 620, 700, ray / 32 + 0.0085)
        pen.shape([(MIDDLE, 620), left, right], accent if ray % 2 else shape)
    pen.circle(MIDDLE, 620, 190, paper)
    pen.circle(MIDDLE, 620, 160, shape)
    pen.shape([(MIDDLE, 560), (MIDDLE - 74, 522), (MIDDLE - 74, 598)], accent)
    pen.shape([(MIDDLE, 560), (MIDDLE + 74, 522), (MIDDLE + 74, 598)], accent)
    pen.circle(MIDDLE, 560, 18, paper)


def waves(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.circle(150, 150, 78, accent)
    pen.shape([(330, 450), (330, 130), (520, 420)], accent)
    pen.shape([(308, 440), (308, 210), (180, 420)], shape)
    pen.shape([(150, 452), (540, 452), (470, 540), (210, 540)], shape)
    for row in range(3):
        for crest in range(7):
            x, y = crest * 110 - 55 * (row % 2), 548 + row * 44
            pen.circle(x, y, 62, paper if row % 2 else shape)
    pen.box(0, 600, 600, 640, shape)


def columns(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.box(44, 50, 556, 74, shape)
    pen.box(44, 90, 556, 150, shape)
    for line in range(12):
        y = 178 + line * 37
        pen.box(44, y, 200, y + 14, shape)
        pen.box(222, y, 378, y + 14, shape if line > 7 else paper)
        pen.box(400, y, 556, y + 14, shape)
    pen.circle(MIDDLE, 310, 74, accent)
    pen.box(MIDDLE - 20, 262, MIDDLE + 20, 340, paper)
    pen.box(MIDDLE - 46, 330, MIDDLE + 46, 350, paper)


def road(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.circle(MIDDLE, 270, 112, accent)
    pen.box(0, 300, 600, 640, shape)
    pen.shape([(MIDDLE - 8, 300), (MIDDLE + 8, 300), (520, 640), (80, 640)], paper)
    for dash in range(5):
        top = 326 + dash * dash * 15
        half = 3 + dash * 2.4
        pen.box(MIDDLE - half, top, MIDDLE + half, top + 16 + dash * 11, accent)
    pen.box(478, 212, 490, 420, shape)
    pen.line((430, 246), (538, 246), shape, 8)


def blinds(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.box(90, 70, 510, 560, accent)
    pen.circle(MIDDLE + 20, 300, 88, shape)
    pen.shape([(150, 560), (220, 410), (430, 410), (500, 560)], shape)
    pen.box(190, 228, 460, 248, shape)
    pen.box(248, 140, 394, 234, shape)
    for slat in range(12):
        top = 70 + slat * 42
        pen.box(90, top, 510, top + 14, paper)


def target(pen: Pen, paper: str, shape: str, accent: str) -> None:
    for radius, colour in ((250, shape), (200, paper), (150, shape), (100, paper)):
        pen.circle(MIDDLE, 310, radius, colour)
    pen.circle(MIDDLE, 310, 54, accent)
    pen.shape([(MIDDLE - 34, 620), (MIDDLE + 34, 620), (MIDDLE, 330)], accent)


def spots(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.shape([(60, 0), (110, 0), (420, 560), (130, 560)], shape)
    pen.shape([(490, 0), (540, 0), (470, 560), (180, 560)], accent)
    pen.box(0, 548, 600, 640, shape)
    pen.line((MIDDLE, 210), (MIDDLE, 548), paper, 14)
    for end in ((240, 160), (360, 160), (226, 236), (374, 236)):
        pen.line((MIDDLE, 264), end, paper, 12)
        pen.circle(*end, 13, paper)
    pen.box(250, 536, 350, 552, paper)


def wheel(pen: Pen, paper: str, shape: str, accent: str) -> None:
    for spoke in range(12):
        end = _around(MIDDLE, 300, 220, spoke / 12)
        pen.line((MIDDLE, 300), end, shape, 6)
        pen.circle(*_around(MIDDLE, 300, 236, spoke / 12), 24, accent if spoke % 3 else shape)
    pen.ring(MIDDLE, 300, 222, shape, 10)
    pen.ring(MIDDLE, 300, 130, shape, 6)
    pen.circle(MIDDLE, 300, 28, shape)
    pen.shape([(MIDDLE, 300), (190, 640), (230, 640)], shape)
    pen.shape([(MIDDLE, 300), (370, 640), (410, 640)], shape)


def rings(pen: Pen, paper: str, shape: str, accent: str) -> None:
    for number, (x, y) in enumerate(((210, 220), (390, 220), (300, 390))):
        for radius in (170, 128, 86, 44):
            colour = (shape, accent)[(number + radius // 42) % 2]
            pen.ring(x, y, radius, colour, 20)
    pen.circle(MIDDLE, 276, 40, paper)
    pen.circle(MIDDLE, 276, 22, shape)


def graves(pen: Pen, paper: str, shape: str, accent: str) -> None:
    pen.circle(160, 170, 92, accent)
    pen.shape([(0, 640), (0, 500), (300, 440), (600, 510), (600, 640)], shape)
    for left, top, width in ((70, 400, 92), (250, 350, 108), (450, 410, 86)):
        pen.circle(left + width / 2, top, width / 2, shape)
        pen.box(left, top, left + width, 560, shape)
    pen.shape([(386, 470), (396, 300), (420, 300), (424, 470)], shape)
    for finger in range(4):
        pen.line((408, 310), (376 + finger * 22, 236 + abs(finger - 1.5) * 12), shape, 11)


MOTIFS: dict[str, Callable[[Pen, str, str, str], None]] = {
    motif.__name__: motif
    for motif in (
        shards, doorway, moon, clock, beam, peaks, steps, rails, city, sun, fan, waves,
        columns, road, blinds, target, spots, wheel, rings, graves,
    )
}  # fmt: skip
