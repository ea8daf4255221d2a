"""Charts as SVG, made on the server. The table with the same numbers always stands beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 16, 36
GRID_LINES = 4
# A label of a month needs this much; where there is less, only every so many are written.
LABEL_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    css_class: str
    colour: str
    # A text, such as a hidden count, has no height.
    values: Sequence[int | str]


def bars(*, title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Draw grouped bars with an axis. `labels` and each series are equally long."""
    top = _round_up(max((_height(value) for each in series for value in each.values), default=0))
    plot_width, plot_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    slot = plot_width / max(len(labels), 1)
    bar = min(slot * 0.8 / max(len(series), 1), 36)
    width = max(bar - 2, bar * 0.8)
    every = math.ceil(LABEL_WIDTH / slot)
    parts = []
    for line in range(GRID_LINES + 1):
        mark = top * line // GRID_LINES
        y = TOP + plot_height * (1 - line / GRID_LINES)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            'stroke="#d0d7de"/>'
        )
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark}</text>')
    for index, label in enumerate(labels):
        left = LEFT + slot * index + (slot - bar * len(series)) / 2
        for place, each in enumerate(series):
            value = each.values[index]
            height = plot_height * _height(value) / top
            parts.append(
                f'<rect class="{each.css_class}" fill="{each.colour}" x="{left + bar * place:.1f}" '
                f'y="{TOP + plot_height - height:.1f}" width="{width:.1f}" height="{height:.1f}">'
                f"<title>{escape(f'{label}, {each.name}: {value}')}</title></rect>"
            )
        if index % every:
            continue
        middle = LEFT + slot * (index + 0.5)
        text = f'<text x="{middle:.1f}" y="{HEIGHT - 16}" text-anchor="middle">'
        parts.append(f"{text}{escape(label)}</text>")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{escape(title)}" font-size="12" font-family="sans-serif" '
        f'fill="currentColor">{"".join(parts)}</svg>'
    )


def _height(value: int | str) -> int:
    return value if isinstance(value, int) else 0


def _round_up(value: int) -> int:
    """Return the next multiple of the number of grid lines that reads well."""
    step = 1
    while step * GRID_LINES < value:
        step = step * 2 if str(step)[0] in "15" else step * 5 // 2
    return step * GRID_LINES
