"""All routers, in the order of the console; a new resource adds its line here."""

from fastapi import APIRouter

from pointsman.api import (
    alerts,
    appointments,
    audit,
    connections,
    deliveries,
    health,
    hooks,
    inbox,
    intakes,
    keys,
    leads,
    metrics,
    qualifications,
)

ALL: list[APIRouter] = [
    leads.router,
    hooks.router,
    intakes.router,
    inbox.router,
    qualifications.router,
    appointments.router,
    connections.router,
    deliveries.router,
    keys.router,
    alerts.router,
    audit.router,
    health.router,
    metrics.router,
]
