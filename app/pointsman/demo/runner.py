"""The demo's course: seed the floor, send what the world sends, wait until it is worked off, show what became of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.text import Text

from pointsman.demo import calendars, report
from pointsman.demo.api import ApiClient, DemoError, refusal_error
from pointsman.demo.files import DemoState, load_yaml, read_example
from pointsman.demo.phone import hand_over_by_phone
from pointsman.demo.progress import ProgressLine
from pointsman.demo.results import DemoResults, gather_results
from pointsman.demo.seed import calendar_owners, seed_floor, server_owners, set_intake_secret
from pointsman.demo.senders import Sender
from pointsman.demo.vendors import DemoVendors, read_vendor_entries, vendor_owners
from pointsman.domain.messages.message import say
from pointsman.local.calendar_server import PORT, CalendarServer
from pointsman.local.kept_file import write_kept_file
from pointsman.services.wording.rendering import MessageReader, render

WAIT_TIMEOUT_S = 120.0
_ROOMY = 110  # columns of a screen on which reasons have room beside leads

#: How the service says that it cannot check a signature with the secret that it has.
_UNKNOWN_SECRET = (httpx.codes.UNAUTHORIZED, httpx.codes.SERVICE_UNAVAILABLE)


def start_demo_servers(state: Path, kept: DemoState) -> None:
    """A calendar server with a login for each closer, and the fake vendors; where they were the last time, if they can.

    They have to run before the service does: a worker that goes on after a kill reads calendars at once.
    """
    DemoVendors.of(state).start()
    server = CalendarServer(state / "calendars", port=int(kept.read().get("calendar_port", PORT)))
    server.start(calendar_owners())
    kept.save(calendar_port=str(httpx.URL(server.url).port))


def run_demo(
    base_url: str,
    key: str,
    *,
    server: CalendarServer,
    vendors: DemoVendors,
    kept: DemoState,
    out: Console,
    lost: Callable[[], bool],
    reach: str,
    reader: MessageReader,
) -> None:
    """Everything, against a running service. `lost` says whether it is beyond recovery; `reach` is what another terminal must do
    first, so that its commands find this floor, or nothing.

    Raises DemoError with what the service answered.
    """
    api = ApiClient(base_url, key, lost=lost, language=reader.language)
    try:
        outcome = _run(api, server, vendors, kept, out, reader)
        links = _links(api, outcome)
        _lead_from_the_start_page(kept, links)
    except httpx.HTTPError as error:
        raise DemoError(say("demo-floor.calendar-answer", why=str(error))) from error
    finally:
        api.close()
    login = (calendar_owners()[0], server.password(calendar_owners()[0]))
    report.next_steps(
        out,
        base_url=base_url,
        key=key,
        calendar_url=server.url,
        login=login,
        vendor_url=f"{vendors.calendars.url}/_control/items",
        vendor=load_yaml("floor.yaml")["vendor"]["title"],
        vendor_owner=outcome.names.get(vendor_owners()[0], vendor_owners()[0]),
        mail_url=f"{vendors.mail.url}/",
        links=links,
        state=kept.path.parent,
        reach=reach,
        reader=reader,
    )


def _links(api: ApiClient, outcome: DemoResults) -> report.DemoLinks | None:
    """Of the first lead whose appointment stands. Its links are made anew: the address of an old one is stored nowhere."""
    booked = next((row for row in outcome.appointments if row["status"] == "confirmed"), None)
    if booked is None:
        return None
    lead = api.call("GET", f"/v1/leads/{booked['lead_id']}")
    made = {name: api.send("POST", f"/v1/leads/{lead['id']}/{name}", json={}) for name in ("links", "booking-links")}
    pages = {name: answer.json()["url"] for name, answer in made.items() if answer.status_code == httpx.codes.CREATED}
    return report.DemoLinks(
        lead=" ".join(part for part in (lead["first_name"], lead["last_name"]) if part) or lead["email"],
        journey=f"{api.base_url}/v1/leads/{lead['email']}/journey",
        lead_page=pages.get("links"),
        booking_page=pages.get("booking-links"),
    )


def start_links_file(kept: DemoState) -> Path:
    """What the demo's start page leads to (`POINTSMAN_START_PAGE_LINKS`), beside what the demo keeps."""
    return kept.path.with_name("start-links")


def _lead_from_the_start_page(kept: DemoState, links: report.DemoLinks | None) -> None:
    shown = {"lead": links.lead_page, "booking": links.booking_page} if links else {}
    lines = "".join(f"{name} {to}\n" for name, to in shown.items() if to)
    write_kept_file(start_links_file(kept), lines)


def _run(
    api: ApiClient, server: CalendarServer, vendors: DemoVendors, kept: DemoState, out: Console, reader: MessageReader
) -> DemoResults:
    story = load_yaml("story.yaml")
    with ProgressLine(out, reader) as steps:
        steps.begin("demo-floor.step.floor")
        senders = seed_floor(api, server, kept, now=datetime.now(UTC), vendors=vendors)
        steps.begin("demo-floor.step.leads")
        receipts = _send(api, senders, story["leads"], steps)
        _wait(api, steps)
        steps.begin("demo-floor.step.hand-over")
        receipts += _send(api, senders, story["handovers"], steps)
        phone = hand_over_by_phone(api, story["phone"], reader)
        _wait(api, steps)
        steps.begin("demo-floor.step.reading")
        outcome = gather_results(api, story, phone)
        entries = calendars.read_entries(server, server_owners()) + read_vendor_entries(vendors)
        entries.sort(key=lambda entry: entry.start)
    zones = {rep["key"]: rep["time_zone"] for rep in load_yaml("floor.yaml")["reps"]}
    for table in (
        report.leads_table(outcome.arrivals, outcome.names, reader, narrow=out.width < _ROOMY),
        report.handovers_table(outcome.handovers, reader, narrow=out.width < _ROOMY),
        report.calendar_table(entries, outcome, zones, reader),
    ):
        out.print()
        out.print(table)
    out.print()
    accepted, known = (sum(receipt[name] for receipt in receipts) for name in ("accepted", "duplicates"))
    out.print(report.sent_summary(accepted, known, reader), highlight=False)
    closed = sorted({receipt["closed"] for receipt in receipts if receipt["closed"]})
    if closed:
        out.print(render(say("demo-floor.closed", intakes=tuple(closed)), reader), highlight=False)
    out.print(Text(report.floor_summary(outcome, reader), "bold"), highlight=False)
    if gone := report.lost_events(entries, outcome, reader):
        out.print(gone, highlight=False)
    return outcome


def _send(
    api: ApiClient, senders: Mapping[str, Sender], letters: Sequence[Mapping[str, str]], steps: ProgressLine
) -> list[dict[str, Any]]:
    receipts = []
    for number, letter in enumerate(letters):
        steps.update("demo-floor.step.so-far", done=number, total=len(letters))
        receipts.append(_post(api, senders[letter["intake"]], letter))
    return receipts


def _post(api: ApiClient, sender: Sender, letter: Mapping[str, str]) -> dict[str, Any]:
    """What the service said that it accepted; `closed` names an intake that an admin took out of the demo's hands."""

    def post() -> httpx.Response:
        return sender.send(api, read_example(letter["body"]), event_id=f"demo-{letter['body']}", now=datetime.now(UTC))

    closed = {"accepted": 0, "duplicates": 0, "closed": letter["intake"]}
    if not sender.signs_as_asked:
        return closed
    answer = post()
    if answer.status_code in _UNKNOWN_SECRET and set_intake_secret(api, letter["intake"], sender.secret):
        answer = post()
    if answer.status_code in {httpx.codes.GONE, httpx.codes.UNAUTHORIZED, httpx.codes.UNPROCESSABLE_ENTITY}:
        return closed
    if answer.status_code != httpx.codes.ACCEPTED:
        raise refusal_error(f"POST {sender.address}", answer)
    receipt = answer.json()
    return {"accepted": receipt["accepted"], "duplicates": receipt["duplicates"], "closed": None}


def _wait(api: ApiClient, steps: ProgressLine) -> None:
    """Until nothing waits in the inbox, and every appointment stands in its calendar."""
    steps.begin("demo-floor.step.worker")
    deadline = time.monotonic() + WAIT_TIMEOUT_S
    while time.monotonic() < deadline:
        events = sum(1 for _ in api.iter_items("/v1/inbox", status="received"))
        deliveries = sum(1 for _ in api.iter_items("/v1/deliveries", status="pending"))
        if not events and not deliveries:
            return
        steps.update("demo-floor.step.to-go", events=events, entries=deliveries)
        time.sleep(0.2)
    raise DemoError(say("demo-floor.worker-late", seconds=round(WAIT_TIMEOUT_S)))
