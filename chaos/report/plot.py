"""One picture of a drill: each create a dot, below them how many per second, and the phases.

The SVG is made by hand: a dot is a zero-length line in one path per colour, so that 40,000 of them
stay under a megabyte, and the page's style sheet colours them for light and dark.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from chaos import timeline
from chaos.ledger.operation import Operation, Outcome
from chaos.report.phases import Phase
from chaos.report.scale import Linear, Logarithmic
from chaos.timeline import Mark

WIDTH, HEIGHT = 1080, 520
LEFT, RIGHT = 84, WIDTH - 16
LABEL_STEP, LABEL_ROWS = 16, 4
SCATTER_TOP, SCATTER_BOTTOM = 92, 360
BARS_TOP, BARS_BOTTOM = 392, 480
LINES = (
    timeline.REDUNDANCY_REMOVED,
    timeline.INJECTED,
    timeline.RESUMED,
    timeline.HEALED,
    timeline.REDUNDANCY,
)
"""Marks that get a line; the others are in the table."""
CHARACTER = 6.6
"""Width of a label's character in pixels, for keeping labels apart."""
NARROW = 2
"""Bars of so few pixels get no gap between them."""
ORDER = (Outcome.ACKNOWLEDGED, Outcome.INDETERMINATE, Outcome.FAILED)


def plot(
    operations: Sequence[Operation], marks: Sequence[Mark], phases: Sequence[Phase], zero: float
) -> str:
    """An inline SVG.

    Args:
        operations: What clients did.
        marks: The drill's story.
        phases: Coloured behind everything.
        zero: The monotonic instant that the time axis calls 0, usually the fault.
    """
    instants = [
        *(o.completed for o in operations),
        *(o.invoked for o in operations),
        *(edge for phase in phases for edge in (phase.began, phase.ended)),
    ]
    if not instants:
        return ""
    low, high = min(instants) - zero, max(instants) - zero
    x = Linear(low, max(high, low + 1), LEFT, RIGHT)
    rows = _rows([mark for mark in marks if mark.event in LINES], x, zero)
    top = SCATTER_TOP - 10 - LABEL_STEP * (1 + max((row for _, row, _ in rows), default=0))
    parts = [
        (
            f'<svg class="plot" viewBox="0 {top} {WIDTH} {HEIGHT - top}" role="img" '
            'aria-label="Latency and number of writes over time">'
        ),
        *_bands(phases, x, zero),
        *_scatter(operations, x, zero),
        *_bars(operations, x, zero),
        *_time_axis(x),
        *_lines(rows, x, zero),
        "</svg>",
    ]
    return "\n".join(parts)


def _bands(phases: Iterable[Phase], x: Linear, zero: float) -> Iterable[str]:
    for phase in phases:
        left, right = x(phase.began - zero), x(phase.ended - zero)
        label = f"{phase.name}, {phase.ended - phase.began:.1f} s"
        for top, bottom in ((SCATTER_TOP, SCATTER_BOTTOM), (BARS_TOP, BARS_BOTTOM)):
            yield (
                f'<rect class="band {phase.name}" x="{left:.1f}" y="{top}" '
                f'width="{right - left:.1f}" height="{bottom - top}">'
                f"<title>{label}</title></rect>"
            )


def _scatter(operations: Sequence[Operation], x: Linear, zero: float) -> Iterable[str]:
    slowest = max((o.latency for o in operations), default=1.0)
    fastest = min((o.latency for o in operations), default=0.01)
    low = min(0.01, 10.0 ** math.floor(math.log10(max(fastest, 0.0001))))
    y = Logarithmic(low, max(1.0, slowest * 1.3), SCATTER_BOTTOM, SCATTER_TOP)
    for tick in y.ticks():
        yield _rule(y(tick))
        text = f"{tick:g} s" if tick >= 1 else f"{tick * 1000:g} ms"
        yield f'<text class="tick end" x="{LEFT - 8}" y="{y(tick) + 4:.1f}">{text}</text>'
    middle = (SCATTER_TOP + SCATTER_BOTTOM) / 2
    yield (
        f'<text class="axis" transform="translate(14 {middle}) rotate(-90)">'
        "latency of a write</text>"
    )
    for outcome in ORDER:
        dots = "".join(
            f"M{x(o.completed - zero):.1f} {y(o.latency):.1f}h0"
            for o in operations
            if o.outcome is outcome
        )
        if dots:
            yield f'<path class="dots {outcome}" d="{dots}"/>'


def _bars(operations: Sequence[Operation], x: Linear, zero: float) -> Iterable[str]:
    counts: Counter[tuple[int, Outcome]] = Counter(
        (int((o.completed - zero) // 1), o.outcome) for o in operations
    )
    seconds = sorted({second for second, _ in counts})
    tallest = max((sum(counts[s, o] for o in ORDER) for s in seconds), default=1)
    y = Linear(0, tallest, BARS_BOTTOM, BARS_TOP)
    for tick in y.ticks(about=2)[1:]:
        yield _rule(y(tick))
        yield f'<text class="tick end" x="{LEFT - 8}" y="{y(tick) + 4:.1f}">{tick:g}</text>'
    middle = (BARS_TOP + BARS_BOTTOM) / 2
    yield f'<text class="axis" transform="translate(14 {middle}) rotate(-90)">per second</text>'
    for outcome in ORDER:
        below = ORDER[: ORDER.index(outcome)]
        path = []
        for second in seconds:
            base = sum(counts[second, other] for other in below)
            if count := counts[second, outcome]:
                left, right = max(x(second), LEFT), min(x(second + 1), RIGHT)
                gap = 0.5 if right - left > NARROW else 0
                path.append(
                    f"M{left:.1f} {y(base):.1f}V{y(base + count):.1f}H{right - gap:.1f}"
                    f"V{y(base):.1f}z"
                )
        if path:
            yield f'<path class="bars {outcome}" d="{"".join(path)}"/>'


def _time_axis(x: Linear) -> Iterable[str]:
    for bottom in (SCATTER_BOTTOM, BARS_BOTTOM):
        yield f'<path class="frame" d="M{LEFT} {bottom}H{RIGHT}"/>'
    for tick in x.ticks():
        at = x(tick)
        yield f'<path class="frame" d="M{at:.1f} {BARS_BOTTOM}v5"/>'
        yield f'<text class="tick" x="{at:.1f}" y="{BARS_BOTTOM + 19}">{tick:g}</text>'
    middle = (LEFT + RIGHT) / 2
    yield f'<text class="axis" x="{middle}" y="{HEIGHT - 4}">seconds since the fault</text>'


def _rows(marks: Sequence[Mark], x: Linear, zero: float) -> list[tuple[Mark, int, bool]]:
    """For each mark the row of its label, 0 being the lowest, and whether it reads leftwards."""
    ends = [float("-inf")] * LABEL_ROWS
    placed = []
    for mark in marks:
        at = x(mark.at - zero)
        width = len(mark.event) * CHARACTER + 4
        leftwards = at + width > RIGHT
        start = at - width if leftwards else at
        row = next((n for n, end in enumerate(ends) if start > end), LABEL_ROWS - 1)
        ends[row] = start + width + 8
        placed.append((mark, row, leftwards))
    return placed


def _lines(rows: Iterable[tuple[Mark, int, bool]], x: Linear, zero: float) -> Iterable[str]:
    for mark, row, leftwards in rows:
        at = x(mark.at - zero)
        y = SCATTER_TOP - 8 - row * LABEL_STEP
        text = escape(f"{mark.event}: {mark.detail}" if mark.detail else mark.event)
        anchor, offset = ("end", -4) if leftwards else ("start", 4)
        yield f'<path class="mark" d="M{at:.1f} {y - 10}V{BARS_BOTTOM}">'
        yield f"<title>{text}</title></path>"
        yield (
            f'<text class="mark {anchor}" x="{at + offset:.1f}" y="{y}">{escape(mark.event)}</text>'
        )


def _rule(y: float) -> str:
    return f'<path class="rule" d="M{LEFT} {y:.1f}H{RIGHT}"/>'
