"""Paired rounds: ours and the raw engine in turn, so that a busy machine slows both alike."""

import statistics
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]


def paired(
    ours: Callable[[int], float], raw: Callable[[int], float], *, rounds: int, each: int
) -> list[tuple[float, float]]:
    """Seconds of ours and of the raw engine, a pair a round; within a round they alternate by operation.

    Which of the two begins changes from one operation to the next. The first operation of each, which opens
    connections, is not counted.
    """
    ours(-1)
    raw(-1)
    found = []
    for number in range(rounds):
        ours_took = raw_took = 0.0
        for turn in range(each):
            n = number * each + turn
            if n % 2:
                raw_took += raw(n)
                ours_took += ours(n)
            else:
                ours_took += ours(n)
                raw_took += raw(n)
        found.append((ours_took, raw_took))
    return found


def figures(pairs: list[tuple[float, float]], *, each: int, unit: str, amount: float = 1.0) -> Row:
    """Rates in `unit` a second, and ours as a share of the raw engine's, by round."""
    ratios = [raw / ours for ours, raw in pairs]
    return {
        "unit": f"{unit}/s",
        "ours": spread([amount * each / ours for ours, _ in pairs]),
        "raw": spread([amount * each / raw for _, raw in pairs]),
        "ratio": spread(ratios),
        "rounds": len(pairs),
        "operations_a_round": each,
    }


def spread(values: list[float]) -> Row:
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def percentiles(seconds: list[float]) -> Row:
    """p50, p95 and the longest, in milliseconds."""
    cuts = statistics.quantiles([one * 1000 for one in seconds], n=100, method="inclusive")
    return {
        "p50_ms": round(cuts[49], 2),
        "p95_ms": round(cuts[94], 2),
        "max_ms": round(max(seconds) * 1000, 2),
    }
