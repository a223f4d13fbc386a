"""All routers, in the order of the console; a new resource adds its line here."""

from fastapi import APIRouter

from pointsman.api import alerts, audit, health, hooks, inbox, intakes, keys, leads, metrics

ALL: list[APIRouter] = [
    leads.router,
    hooks.router,
    intakes.router,
    inbox.router,
    keys.router,
    alerts.router,
    audit.router,
    health.router,
    metrics.router,
]
