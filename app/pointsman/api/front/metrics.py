"""Prometheus metrics: requests counted in this process, the line's state counted in the database at scrape time.

Labels are route templates, statuses and codes; never anything about a person.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation
from pointsman.services.operations.monitoring import state_counts

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
#: By gauge: its label, and what it counts.
_GAUGES = {
    "inbox": ("state", "Webhook items by state; dead ones wait for a human"),
    "decisions": ("outcome", "Routing decisions by outcome"),
    "gate_checks": ("result", "Hand-overs by what the gate said"),
    "deliveries": ("state", "Effects owed to connections by state; dead ones wait for a human"),
    "connections": ("state", "Connections by whether calls go through"),
    "connection_failures": ("connection", "Calls of a connection that failed in a row"),
    "connection_calls_in_flight": ("connection", "Calls of a connection that are under way, over all processes"),
    "connection_quota_left": ("connection", "What the vendor of a connection said is left of a quota"),
    "connection_deliveries_waiting": ("connection", "Effects that a connection has yet to hear of"),
    "connection_oldest_delivery_seconds": ("connection", "How long the oldest of them waits"),
    "appointments": ("state", "Appointments by state"),
    "open_holds": ("reason", "Leads that wait for an eligible rep, by reason"),
    "overdue_holds": ("pool", "Leads that wait longer than promised, by pool"),
    "oldest_hold_seconds": ("pool", "How long the longest waiting lead waits, by pool"),
    "open_alerts": ("code", "Alerts that are still open, by code"),
    "jobs": ("state", "Jobs by state"),
    "sweep_age_seconds": ("task", "Seconds since the last run of a sweep that succeeded"),
    "workers": ("state", "Workers with a sign of life in the last 15 seconds"),
}
#: As `_GAUGES`, for what only grows.
_COUNTERS = {
    "sweep_failures": ("task", "Runs of a sweep that failed"),
    "own_writes_told": ("connection", "Events by which a vendor told us of our own writes; they changed nothing"),
    "owner_changes": ("outcome", "Changes of leads' owners by others in CRMs, by what became of them"),
    "notices_maybe_twice": ("connection", "Mails that may have gone out twice, since an answer was missing"),
}

router = APIRouter(tags=["Operations"])


class Metrics:
    """The counters of one process; several processes share files when PROMETHEUS_MULTIPROC_DIR is set."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pointsman_requests", "HTTP requests", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "pointsman_request_duration_seconds",
            "Time to answer",
            ["method", "route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._intake = Counter(
            "pointsman_intake_items", "Webhook items by what intake did", ["result"], registry=self._registry
        )
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._histograms: dict[tuple[str, str], Histogram] = {}

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is the template of its path."""
        if (counter := self._counters.get((method, route, status))) is None:
            counter = self._counters[method, route, status] = self._requests.labels(method, route, str(status))
        if (histogram := self._histograms.get((method, route))) is None:
            histogram = self._histograms[method, route] = self._seconds.labels(method, route)
        counter.inc()
        histogram.observe(seconds)

    def count_intake(self, *, accepted: int, duplicates: int, refused: int) -> None:
        """Count what an intake request brought."""
        self._intake.labels("accepted").inc(accepted)
        self._intake.labels("duplicate").inc(duplicates)
        self._intake.labels("refused").inc(refused)

    def render(self, found: Mapping[str, Mapping[str, int]]) -> bytes:
        """Everything in Prometheus' text format."""
        shown = CollectorRegistry()
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            MultiProcessCollector(shown)  # type: ignore[no-untyped-call]  # it has no annotations
        else:
            shown = self._registry
        state = CollectorRegistry()
        state.register(_State(found))
        return generate_latest(shown) + generate_latest(state)


class _State:
    def __init__(self, found: Mapping[str, Mapping[str, int]]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        for families, kinds in ((GaugeMetricFamily, _GAUGES), (CounterMetricFamily, _COUNTERS)):
            for kind, (label, text) in kinds.items():
                family = families(f"pointsman_{kind}", text, labels=[label])
                for value, number in self._found.get(kind, {}).items():
                    family.add_metric([value], number)
                yield family


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    description="Text format. Needs a key with the scope `metrics`.",
    response_class=PlainTextResponse,
    responses=problem_responses(503),
)
async def metrics(
    request: Request, env: EnvDep, _caller: Annotated[Caller, may(Operation.METRICS_READ)]
) -> PlainTextResponse:
    kept: Metrics = request.app.state.metrics
    return PlainTextResponse(
        kept.render(await state_counts(env)), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
