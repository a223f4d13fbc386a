"""What a replay prints for people: who holds what, what became of the hand-offs, how fast it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from http_load import percentile
from rich.console import Console
from rich.table import Table


def show(
    console: Console,
    counts: Mapping[str, Any],
    latencies: Mapping[str, Sequence[float]],
    *,
    events: int,
    sending: float,
    drained: float,
) -> None:
    """The tables. `sending` and `drained` are seconds; 0 for `drained` means that it never was."""
    held = Table("role: work", "leads", title="Who holds the leads")
    for name, number in counts["held by role and work"].items():
        held.add_row(name, f"{number:,}")
    held.add_row("nobody: nurture", f"{counts['in nurture']:,}")
    for reason, number in counts["held by reason"].items():
        held.add_row(f"nobody: on hold, {reason}", f"{number:,}")
    console.print(held)

    given = Table("hand-off", "leads", title="What became of the hand-offs")
    for outcome, number in counts["hand-offs"].items():
        given.add_row(outcome, f"{number:,}")
        because = {"refused": "hand-offs refused for want of", "held": "hand-offs held because"}.get(outcome)
        for reason, some in counts[because].items() if because else ():
            given.add_row(f"   {reason}", f"{some:,}")
    given.add_row("appointments in calendars", f"{counts['appointments']:,}")
    console.print(given)

    speed = Table("", "number", "p50 ms", "p99 ms", "max ms", title="How long it took")
    for name, seconds in latencies.items():
        figures = [f"{percentile(seconds, quantile) * 1000:,.1f}" for quantile in (0.5, 0.99, 1)]
        speed.add_row(name, f"{len(seconds):,}", *figures)
    console.print(speed)
    console.print(f"accepted: {events / sending:,.0f} events/s ({sending:.1f} s)" if sending else "accepted: nothing")
    worked = f"{events / drained:,.0f} events/s ({drained:.1f} s)" if drained else "never came to an end"
    console.print(f"end to end, with every calendar written: {worked}")
