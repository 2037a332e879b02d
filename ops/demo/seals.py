"""Pictures for signatures as annex I of Decree 30 wants them, drawn here: a blue hand on a transparent
ground, a red round seal with star and ring text (and THỬ NGHIỆM on it), and the number and date a clerk adds.
"""

import hashlib
import itertools
import math
import random
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from ops.demo.papers import font_files

_RED, _BLUE, _BLACK = (200, 16, 30, 235), (28, 58, 168, 255), (0, 0, 0, 255)
_SIZE = 720


def _random(name: str) -> random.Random:
    # seeded by the name: the same person always signs the same way
    return random.Random(hashlib.sha256(name.encode()).digest())


def _font(size: int, style: str = "bold") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_files()[style]), size)


@cache
def handwriting(name: str) -> Image.Image:
    """A scrawl in blue, the same for the same name, 120:56."""
    chance = _random(name)
    picture = Image.new("RGBA", (1200, 560), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    turns, lean, high = chance.uniform(3, 7), chance.uniform(-1.6, 1.6), chance.uniform(120, 210)
    wild, slope, fall = chance.uniform(60, 150), chance.uniform(20, 150), chance.uniform(0.2, 0.7)
    wave = chance.uniform(1.4, 3.4)
    points = []
    for step in range(420):
        t = step / 419
        swing = high * (1 - fall * t) * math.sin(turns * 2 * math.pi * t + lean)
        swing *= 0.75 + 0.25 * math.cos(wave * 2 * math.pi * t)
        loop = wild * math.cos(turns * 2 * math.pi * t) * (1 - t)
        points.append((150 + 860 * t + loop, 300 - slope * t + swing))
    for index, (before, after) in enumerate(itertools.pairwise(points)):
        width = int(9 + 6 * math.sin(index / 23 + lean))
        pen.line([before, after], fill=_BLUE, width=width, joint="curve")
    flourish = [(180 + 9 * x, 440 - 0.35 * x + 26 * math.sin(x / 16 + lean)) for x in range(96)]
    pen.line(flourish, fill=_BLUE, width=8, joint="curve")
    return picture.resize((600, 280), Image.Resampling.LANCZOS)


@cache
def seal(name: str, place: str) -> Image.Image:
    """A round red seal: two rings, the agency around a star, and below it that this is a test."""
    picture = Image.new("RGBA", (_SIZE, _SIZE), (0, 0, 0, 0))
    pen, middle = ImageDraw.Draw(picture), _SIZE / 2
    for radius, width in ((352, 14), (332, 4), (214, 5)):
        box = (middle - radius, middle - radius, middle + radius, middle + radius)
        pen.ellipse(box, outline=_RED, width=width)
    tips = []
    for tip in range(10):
        radius = 105 if tip % 2 == 0 else 42
        angle = -math.pi / 2 + tip * math.pi / 5
        tips.append((middle + radius * math.cos(angle), middle + radius * math.sin(angle)))
    pen.polygon(tips, fill=_RED)
    pen.text((middle, middle + 140), place.upper(), font=_font(34), fill=_RED, anchor="mm")
    _around(picture, name.upper(), 272, top=True)
    _around(picture, "★ THỬ NGHIỆM ★", 272, top=False)
    return picture.resize((480, 480), Image.Resampling.LANCZOS)


def _around(picture: Image.Image, text: str, radius: float, *, top: bool) -> None:
    """Letters along a circle: clockwise over the top, or upright along the foot."""
    room = math.radians(236 if top else 88)
    font = _font(54)
    size = min(54, int(54 * room * radius / font.getlength(text)))
    font = _font(size if top else min(size, 38))
    spread = font.getlength(text) / radius
    at, sign = -spread / 2, 1 if top else -1
    for letter in text:
        wide = font.getlength(letter) / radius
        angle = at + wide / 2
        tile = Image.new("RGBA", (140, 140), (0, 0, 0, 0))
        ImageDraw.Draw(tile).text((70, 70), letter, font=font, fill=_RED, anchor="mm")
        tile = tile.rotate(-math.degrees(angle) * sign, resample=Image.Resampling.BICUBIC)
        x = picture.width / 2 + radius * math.sin(angle)
        y = picture.height / 2 - sign * radius * math.cos(angle)
        picture.alpha_composite(tile, (int(x - 70), int(y - 70)))
        at += wide


def written(pieces: tuple[str, ...], width: float, height: float, *, style: str) -> Image.Image:
    """Black text in a box of this shape in points: one piece in its middle, or two at its two ends."""
    scale = 8
    picture = Image.new("RGBA", (int(width * scale), int(height * scale)), (0, 0, 0, 0))
    pen, font = ImageDraw.Draw(picture), _font(int(11.4 * scale), style)
    base = picture.height - 3 * scale
    if len(pieces) == 1:
        pen.text((picture.width / 2, base), pieces[0], font=font, fill=_BLACK, anchor="ms")
    else:
        pen.text((0, base), pieces[0], font=font, fill=_BLACK, anchor="ls")
        pen.text((picture.width, base), pieces[-1], font=font, fill=_BLACK, anchor="rs")
    return picture
