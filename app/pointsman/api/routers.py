"""All routers, in the order of the console; a new resource adds its line here."""

from fastapi import APIRouter

from pointsman.api import (
    alerts,
    appointments,
    audit,
    connections,
    decisions,
    deliveries,
    health,
    holds,
    hooks,
    inbox,
    intakes,
    keys,
    leads,
    metrics,
    overrides,
    policies,
    pools,
    qualifications,
    reassignments,
    roster,
)

ALL: list[APIRouter] = [
    leads.router,
    hooks.router,
    intakes.router,
    inbox.router,
    qualifications.router,
    appointments.router,
    decisions.router,
    holds.router,
    reassignments.router,
    overrides.router,
    policies.router,
    roster.router,
    pools.router,
    connections.router,
    deliveries.router,
    keys.router,
    alerts.router,
    audit.router,
    health.router,
    metrics.router,
]
