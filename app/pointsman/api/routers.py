"""All routers, in the order of the console; a new resource adds its line here."""

from fastapi import APIRouter

from pointsman.api import alerts, audit, health, keys, metrics

ALL: list[APIRouter] = [
    keys.router,
    alerts.router,
    audit.router,
    health.router,
    metrics.router,
]
