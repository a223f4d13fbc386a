"""Put a floor into a fresh deployment, through its HTTP API, as an admin would."""

import random
from collections.abc import Sequence

from floors import ROLES, Data, Floor
from service import CALENDAR, Api, Target, calendar_path
from webhooks import Hook, new_secret

from pointsman.local.calendar_server import SERVICE_USER

CONNECTION = "team-calendars"
SEED = 5


def seed(service: Target, floor: Floor) -> dict[str, Hook]:
    """Roster, calendars, policy and intakes; the hooks by the intakes' keys."""
    api = Api(service.url, service.key)
    try:
        suppliers = [{"key": "in-house", "name": "Seller", "kind": "in-house"}]
        api.call("PUT", "/v1/roster", {"roles": ROLES, "suppliers": suppliers, "reps": list(floor.reps)})
        draft = api.call("POST", "/v1/policies", floor.policy, note="benchmark")
        publish = {"note": "benchmark", "expected_current": None}
        api.call("POST", f"/v1/policies/{draft['version']}/publish", publish)
        _calendars(api, service, floor)
        return make_intakes(api, floor.intakes)
    finally:
        api.close()


def _calendars(api: Api, service: Target, floor: Floor) -> None:
    server = service.calendars
    url = server.start(list(floor.calendars))
    config = {"base_url": url, "username": SERVICE_USER, "password": server.password()}
    for owner in floor.calendars:
        server.ensure_calendar(owner, CALENDAR)
    api.call("PUT", f"/v1/connections/{CONNECTION}", {"connector": "caldav", "config": config})
    for owner in floor.calendars:
        bound = {"connection": CONNECTION, "calendar": calendar_path(owner), "writes": True}
        api.call("PUT", f"/v1/reps/{owner}/calendars", {"calendars": [bound]})


def make_intakes(api: Api, intakes: Sequence[Data]) -> dict[str, Hook]:
    """The hooks of these intakes by their keys, each with a secret of its own."""
    chance, made = random.Random(SEED), dict[str, Hook]()
    for intake in intakes:
        secret = new_secret(chance)
        api.call("POST", "/v1/intakes", {**intake, "secrets": [secret]})
        made[intake["key"]] = Hook(path=f"/v1/hooks/{intake['key']}", secret=secret)
    return made
