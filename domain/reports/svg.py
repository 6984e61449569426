"""Drawing in SVG: places on the page, lines, and the style of light and dark."""

from collections.abc import Sequence
from html import escape

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTH = 960.0
LEFT, RIGHT = 76.0, 944.0  # of what is drawn; the labels of values stand left of it
_BUCKETS = 434  # one for two of the pixels between them

_LIGHT = {
    "bg": "#fff", "ink": "#1f2328", "soft": "#59636e", "grid": "#e4e8ec", "line": "#57606a",
    "main": "#0969da", "buy": "#0a7ea4", "sell": "#bc4c00", "fall": "#cf222e",
}  # fmt: skip
_DARK = {
    "bg": "#0d1117", "ink": "#e6edf3", "soft": "#9198a1", "grid": "#262c34", "line": "#8b949e",
    "main": "#58a6ff", "buy": "#39c5cf", "sell": "#f0883e", "fall": "#ff7b72",
}  # fmt: skip
_SHAPES = """.tm text{font:12px system-ui,sans-serif;font-variant-numeric:tabular-nums}
.tm .end{text-anchor:end} .tm .mid{text-anchor:middle} .tm text.name{font-weight:600}
.tm .grid,.tm .price,.tm .equity{fill:none} .tm .price{stroke-width:1.2}
.tm .equity{stroke-width:1.6} .tm .fall{fill-opacity:.35} .tm .buy,.tm .sell{stroke-width:.6}
"""
THEMES = ("auto", "light", "dark")


class Figure(Struct, frozen=True):
    """A drawing. A notebook shows it; `svg` is its text, to be written to a file."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.svg


class Scale(Struct, frozen=True):
    """Values from `low` to `high` over a stretch of the page, `low` at `start`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        span = self.high - self.low
        return self.start + (value - self.low) / span * (self.end - self.start)

    def places(self, values: Floats | NDArray[np.intp]) -> Floats:
        """Where values lie."""
        shares = (np.asarray(values, np.float64) - self.low) / (self.high - self.low)
        return self.start + shares * (self.end - self.start)


def page(parts: Sequence[str], height: float, *, title: str, description: str, theme: str) -> str:
    """The whole drawing, with its title and description for those who hear it."""
    style = _SHAPES + _colours(theme, _DARK if theme == "dark" else _LIGHT)
    if theme == "auto":
        style += f"@media (prefers-color-scheme:dark){{{_colours(theme, _DARK)}}}"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tm tm-{theme}" role="img" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" '
        'style="max-width:100%;height:auto">'
    )
    return "\n".join(
        [
            opening,
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
            f"<style>{style}</style>",
            f'<rect class="bg" width="{WIDTH:g}" height="{height:g}"/>',
            *parts,
            "</svg>",
        ]
    )


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Words that begin at a place, or end there (`end`), or have their middle there (`mid`)."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    """A line of the grid."""
    return f'<path class="grid" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def line(x: Floats, y: Floats, kind: str) -> str:
    """A line through places."""
    return f'<path class="{kind}" d="M{_pairs(x, y)}"/>'


def area(x: Floats, y: Floats, floor: float, kind: str) -> str:
    """What lies between a line and a floor."""
    first, last = f"{x[0]:.1f},{floor:.1f}", f"{x[-1]:.1f},{floor:.1f}"
    return f'<path class="{kind}" d="M{first} {_pairs(x, y)} {last}Z"/>'


def thinned(values: Floats) -> NDArray[np.intp]:
    """Rows enough to draw a line of values: the lowest and the highest of each step across."""
    if len(values) <= 4 * _BUCKETS:
        return np.arange(len(values), dtype=np.intp)
    edges = np.linspace(0, len(values), _BUCKETS + 1).astype(np.intp)
    rows = {0, len(values) - 1}
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        piece = values[start:end]
        rows |= {start + int(np.argmin(piece)), start + int(np.argmax(piece))}
    return np.array(sorted(rows), np.intp)


def _colours(theme: str, of: dict[str, str]) -> str:
    """Every colour by its name, for many viewers know no variables, under the name of the theme,
    for figures of several may stand on one page."""
    own = f".tm-{theme}"
    return (
        f"{own} .bg{{fill:{of['bg']}}} {own} text{{fill:{of['soft']}}} "
        f"{own} text.name{{fill:{of['ink']}}} {own} .grid{{stroke:{of['grid']}}} "
        f"{own} .price{{stroke:{of['line']}}} {own} .equity{{stroke:{of['main']}}} "
        f"{own} .fall{{fill:{of['fall']}}} "
        f"{own} .buy{{fill:{of['buy']};stroke:{of['bg']}}} "
        f"{own} .sell{{fill:{of['sell']};stroke:{of['bg']}}}"
    )


def _pairs(x: Floats, y: Floats) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
