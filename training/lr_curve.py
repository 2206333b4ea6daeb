"""A learning-rate sweep as data and as a picture: which rate learns fastest before the loss grows."""

import math
from dataclasses import dataclass
from itertools import pairwise

SMOOTHING = 0.8
"""Weight of the past in the running mean that the suggestion is read from; single losses jump from batch to
batch."""
DIVERGENCE_FACTOR = 4.0
"""A smoothed loss this many times the best one ends the sweep."""
_WIDTH_PX, _HEIGHT_PX, _MARGIN_PX = 640, 360, 56


@dataclass(frozen=True, slots=True)
class LrCurve:
    """Losses at growing learning rates."""

    learning_rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None
    """The rate at which the smoothed loss falls fastest; None when it never falls."""

    @classmethod
    def of(cls, learning_rates: list[float], losses: list[float]) -> "LrCurve":
        smoothed = smooth(losses)
        return cls(
            tuple(learning_rates), tuple(losses), tuple(smoothed), _suggest_rate(learning_rates, smoothed)
        )


def sweep_rates(first: float, last: float, num_steps: int) -> list[float]:
    """Return rates from first to last, each larger than the one before by the same factor."""
    return [first * (last / first) ** (step / (num_steps - 1)) for step in range(num_steps)]


def smooth(losses: list[float]) -> list[float]:
    """Return the running mean of the losses, corrected for its start from zero."""
    smoothed, mean = [], 0.0
    for step, loss in enumerate(losses, start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smoothed.append(mean / (1 - SMOOTHING**step))
    return smoothed


def has_diverged(losses: list[float]) -> bool:
    """Say whether the loss has grown beyond use, or is no number any more."""
    smoothed = smooth(losses)
    return not math.isfinite(smoothed[-1]) or smoothed[-1] > DIVERGENCE_FACTOR * min(smoothed)


def _suggest_rate(rates: list[float], smoothed: list[float]) -> float | None:
    """Return the geometric middle of the step on which the loss falls most per factor of the rate, before its
    lowest point."""
    lowest = min(range(len(smoothed)), key=smoothed.__getitem__)
    falls = [
        (after - before, math.sqrt(low * high))
        for (before, after), (low, high) in zip(pairwise(smoothed), pairwise(rates), strict=True)
    ]
    steepest = min(falls[:lowest], default=(0.0, 0.0))
    return steepest[1] if steepest[0] < 0 else None


@dataclass(frozen=True, slots=True)
class _Scale:
    """Maps values onto one axis of the picture."""

    first: float
    last: float
    start_px: int
    end_px: int

    def __call__(self, value: float) -> float:
        share = (value - self.first) / ((self.last - self.first) or 1)
        return round(self.start_px + share * (self.end_px - self.start_px), 1)


def curve_svg(curve: LrCurve) -> str:
    """Draw the curve: single losses as dots, the smoothed loss as a line, the suggestion as a dashed line."""
    exponents = [math.log10(rate) for rate in curve.learning_rates]
    x = _Scale(exponents[0], exponents[-1], _MARGIN_PX, _WIDTH_PX - _MARGIN_PX)
    y = _Scale(min(curve.smoothed + curve.losses), max(curve.smoothed), _HEIGHT_PX - _MARGIN_PX, _MARGIN_PX)
    dots = [
        f'<circle cx="{x(exponent)}" cy="{y(loss)}" r="2" fill="#9aa5b1"/>'
        for exponent, loss in zip(exponents, curve.losses, strict=True)
        if y.first <= loss <= y.last
    ]
    points = " ".join(
        f"{x(exponent)},{y(loss)}" for exponent, loss in zip(exponents, curve.smoothed, strict=True)
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {_HEIGHT_PX}" '
            'font-family="sans-serif" font-size="12">',
            f'<title>Loss against learning rate</title><rect width="{_WIDTH_PX}" height="{_HEIGHT_PX}" '
            'fill="#ffffff"/>',
            *_axes(x, y),
            *dots,
            f'<polyline points="{points}" fill="none" stroke="#1d4ed8" stroke-width="2"/>',
            *_marker(curve, x),
            "</svg>\n",
        ]
    )


def _axes(x: _Scale, y: _Scale) -> list[str]:
    left, bottom = x.start_px, y.start_px
    lines = [f'<path d="M{left} {y.end_px}V{bottom}H{x.end_px}" fill="none" stroke="#52606d"/>']
    lines += [
        f'<text x="{x(exponent)}" y="{bottom + 18}" text-anchor="middle">1e{exponent}</text>'
        for exponent in range(math.ceil(x.first - 1e-9), math.floor(x.last + 1e-9) + 1)
    ]
    lines += [
        f'<text x="{left - 8}" y="{y(loss) + 4}" text-anchor="end">{loss:.2f}</text>'
        for loss in (y.first, y.last)
    ]
    return [
        *lines,
        f'<text x="{(left + x.end_px) // 2}" y="{bottom + 40}" text-anchor="middle">learning rate</text>',
    ]


def _marker(curve: LrCurve, x: _Scale) -> list[str]:
    if curve.suggestion is None:
        return []
    at = x(math.log10(curve.suggestion))
    return [
        f'<path d="M{at} {_MARGIN_PX}V{_HEIGHT_PX - _MARGIN_PX}" stroke="#b45309" stroke-dasharray="4 3"/>',
        f'<text x="{at}" y="{_MARGIN_PX - 8}" text-anchor="middle" fill="#b45309">suggestion '
        f"{curve.suggestion:.1e}</text>",
    ]
