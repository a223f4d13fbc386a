"""200 leads want the same slot of the same closer at the same moment: one gets it, nobody waits for a deadlock.

    python benchmarks/one_slot.py [--leads 200] [--rounds 3] [--api 2]

Each lead is handed over through the gate first; the bookings then start together, each on a connection of its own.
"""

import argparse
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import floors
import uvloop
from http_load import Load, at_once, closed_loop, request
from rich.console import Console
from seeding import seed
from service import Api, Service

SLOWEST = 5.0  # seconds: PostgreSQL's deadlock check alone would cost one


def prepare(service: Service, leads: int) -> list[str]:
    """Leads that passed the gate and are with the one closer; their ids."""
    chance = random.Random(29)
    made = [floors.lead_request(service.key, f"{chance.getrandbits(60):015x}") for _ in range(leads)]
    created = uvloop.run(closed_loop(service.ports, made, connections=8, seconds=120))
    ids = [json.loads(answer.body)["lead"]["id"] for answer in created.answers if answer.status == 201]
    passed = [_post(service, f"/v1/leads/{lead_id}/handovers", floors.qualification()) for lead_id in ids]
    handed = uvloop.run(closed_loop(service.ports, passed, connections=8, seconds=120))
    if len(ids) != leads or not handed.only(200):
        wrong = next((a for a in (*created.answers, *handed.answers) if a.status not in {200, 201}), None)
        raise SystemExit(
            f"the leads could not be prepared: {created}; {handed}\n{wrong.body.decode() if wrong else ''}"
        )
    return ids


def _post(service: Service, path: str, body: dict[str, Any]) -> bytes:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {service.key}"}
    return request("POST", path, headers=headers, body=json.dumps(body).encode())


def measure(service: Service, *, leads: int, rounds: int, console: Console) -> bool:
    """Print what happened in each round; whether exactly one lead got each slot, in good time."""
    seed(service, floors.of_sdrs(1))
    waiting = prepare(service, leads + rounds)
    good = True
    tomorrow = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    for turn in range(rounds):
        start = (tomorrow + timedelta(hours=turn)).isoformat()
        crowd = waiting[:leads]
        wanted = [_post(service, "/v1/appointments", {"lead_id": lead_id, "start": start}) for lead_id in crowd]
        load = uvloop.run(at_once(service.ports, wanted))
        good = _judge(load, leads, console) and good
        api = Api(service.url, service.key)
        booked = {item["lead_id"] for item in api.every("/v1/appointments")}
        api.close()
        if len(booked) != turn + 1:
            console.print(f"FAIL the API lists {len(booked)} appointments after {turn + 1} rounds")
            good = False
        waiting = [lead_id for lead_id in waiting if lead_id not in booked]
    return good


def _judge(load: Load, leads: int, console: Console) -> bool:
    right = load.statuses == {201: 1, 409: leads - 1}
    quick = load.seconds[-1] <= SLOWEST
    console.print(f"{'ok  ' if right and quick else 'FAIL'} {leads} for one slot: {load}")
    if not right:
        odd = next((a for a in load.answers if a.status not in {201, 409}), None)
        console.print(odd.body.decode() if odd else "")
    return right and quick


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--api", type=int, default=2, help="API processes")
    given = parser.parse_args()
    with Service(apis=given.api, workers=1) as service:
        return 0 if measure(service, leads=given.leads, rounds=given.rounds, console=Console()) else 1


if __name__ == "__main__":
    sys.exit(main())
