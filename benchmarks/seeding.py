"""Put a floor into a fresh deployment, through its HTTP API, as an admin would."""

import random

from floors import Floor
from service import Api, Service
from webhooks import Hook, new_secret

CALENDAR = "work"
CONNECTION = "calendars"
SEED = 5


def seed(service: Service, floor: Floor) -> dict[str, Hook]:
    """Roster, calendars, policy and intakes; the hooks by the intakes' keys."""
    api = Api(service.url, service.key)
    try:
        return dict(_intakes(api, floor))
    finally:
        api.close()


def _intakes(api: Api, floor: Floor) -> list[tuple[str, Hook]]:
    chance = random.Random(SEED)
    made = []
    for intake in floor.intakes:
        secret = new_secret(chance)
        api.call("POST", "/v1/intakes", {**intake, "secrets": [secret]})
        made.append((intake["key"], Hook(path=f"/v1/hooks/{intake['key']}", secret=secret)))
    return made
