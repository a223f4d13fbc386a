"""All routers, in the order of the console; a new resource adds its line here."""

from fastapi import APIRouter

from pointsman.api.booking import (
    appointments,
    booking_links,
    calendar_conflicts,
    handovers,
    rescheduling,
    slot_holds,
    slots,
)
from pointsman.api.booking import ics as invitations
from pointsman.api.booking import transitions as appointment_acts
from pointsman.api.booking_page import routes as booking_page_routes
from pointsman.api.front import metrics
from pointsman.api.intake import accounts, calendar_calls, contact, inbox, intakes, leads, mapping_trials, merges
from pointsman.api.intake import webhooks as hooks
from pointsman.api.lead_pages import journey, lead_links, page_routes, sign_in_page, start_page
from pointsman.api.operations import (
    alerts,
    audit,
    connection_calendars,
    connection_fields,
    connection_health,
    connection_users,
    connections,
    connectors,
    deliveries,
    health,
    rep_calendars,
    sign_in,
)
from pointsman.api.operations import api_keys as keys
from pointsman.api.policies import lifecycle, policies, simulations, words
from pointsman.api.roster import roster
from pointsman.api.routing import decisions, holds, ledgers, overrides, pools, reassignments

ALL: list[APIRouter] = [
    leads.router,
    journey.router,
    lead_links.router,
    contact.router,
    merges.router,
    accounts.router,
    hooks.router,
    calendar_calls.router,
    intakes.router,
    mapping_trials.router,
    inbox.router,
    handovers.router,
    slot_holds.router,
    slots.router,
    appointments.router,
    booking_links.router,
    appointment_acts.router,
    rescheduling.router,
    calendar_conflicts.router,
    invitations.router,
    decisions.router,
    holds.router,
    reassignments.router,
    overrides.router,
    lifecycle.router,
    policies.router,
    words.router,
    simulations.router,
    roster.router,
    pools.router,
    ledgers.router,
    connectors.router,
    connections.router,
    sign_in.router,
    connection_calendars.router,
    connection_users.router,
    connection_fields.router,
    connection_health.router,
    rep_calendars.router,
    deliveries.router,
    keys.router,
    alerts.router,
    audit.router,
    health.router,
    metrics.router,
    booking_page_routes.router,
    page_routes.router,
    start_page.router,
    sign_in_page.router,
]
