"""A fake vendor as a process of its own, whose faults are set and whose books are read over HTTP."""

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

import httpx
from programs import PYTHON, Program, free_port

from pointsman_memory.vendor.vendor import MemoryVendor
from pointsman_sdk.fakes import (
    Call,
    CallLedger,
    FakeServer,
    FakeVendor,
    Fault,
    FaultPlan,
    OAuthServer,
    Rates,
    Rotation,
)

_GIVEN = "BENCHMARK_VENDOR"
NO_FAULTS = Rates()
LOST = Rates(lost=0.20, failed=0.10, throttled=0.10, reset=0.05)
"""One call in five is acted upon and never answered, one in ten fails, one in ten is throttled, one in twenty breaks off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """How a vendor behaves. `lost_s` is how long a caller waits for an answer that never comes."""

    rates: Rates = NO_FAULTS
    seed: int = 1
    waits: tuple[int, ...] = (1, 2, 3)
    lost_s: float = 0.3
    token_s: float = 3_600.0
    rotation: Rotation = Rotation.UNTIL_USED


class SignsIn(FakeVendor, Protocol):
    """A fake to which a connection signs in by OAuth 2."""

    @property
    def oauth(self) -> OAuthServer: ...


def served() -> FakeServer:
    """What uvicorn serves."""
    return tempered(MemoryVendor())


def tempered(vendor: SignsIn) -> FakeServer:
    """The vendor with the temper that its process was given; its faults are off until they are switched on."""
    given = json.loads(os.environ[_GIVEN])
    plan = FaultPlan(rates=Rates(**given["rates"]), seed=given["seed"], throttle_waits=tuple(given["waits"]), on=False)
    vendor.oauth.lifetime, vendor.oauth.rotation = timedelta(seconds=given["token_s"]), Rotation(given["rotation"])
    return _Server(vendor, plan, lost_s=given["lost_s"])


class _Server(FakeServer):
    """Its refresh tokens can be spent as if the answer to a renewal had been lost."""

    vendor: SignsIn

    def _control(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/_control/spend":
            for grant in self.vendor.oauth.grants:
                self.vendor.oauth._refresh(grant.refresh[-1])  # noqa: SLF001  # as the token endpoint does
            self.vendor.oauth.expire()
            return httpx.Response(200, json={})
        return super()._control(request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An event of ours in a closer's calendar. `link` is where it takes place."""

    key: str
    calendar: str
    sequence: int
    start: datetime
    link: str | None = None


class Vendor:
    """A running vendor, as long as its block lasts."""

    connector, serves = "memory", "memory_vendor:served"

    def __init__(self, name: str, temper: Temper, *, directory: Path) -> None:
        self.name, self.port = name, free_port()
        argv = [PYTHON, "-m", "uvicorn", "--factory", self.serves]
        argv += ["--port", str(self.port), "--log-level", "error", "--no-access-log"]
        env = {_GIVEN: json.dumps(asdict(temper)), "PYTHONPATH": str(Path(__file__).parent)}
        ready = f"{self.url}/_control/items"
        self.program = Program(f"vendor-{name}", argv, env=env, directory=directory, ready=ready)
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        self.program.start()
        self.program.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self.program.kill()  # it would wait for answers that it never gives

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def config(self, *, signs_in: bool) -> dict[str, Any]:
        """What a connection to it is given; `signs_in`: by OAuth 2."""
        client = {"client_id": "memory-client", "client_secret": "memory-client-secret"} if signs_in else {}
        return {"url": self.url, **client}

    def calendar(self, closer: str) -> str:
        """What the vendor calls the calendar of this closer, which is there from now on."""
        return closer

    def set(self, **what: object) -> None:
        """Switch faults `on`, the vendor `down`, or slow by `slow_s`."""
        self._http.put("/_control/faults", json=what).raise_for_status()

    def spend_refresh_tokens(self) -> None:
        """Someone used them: the next renewal comes with one that was used."""
        self._http.post("/_control/spend").raise_for_status()

    def items(self) -> dict[str, Any]:
        """All that stands there."""
        found = self._http.get("/_control/items").raise_for_status().json()
        assert isinstance(found, dict)
        return found

    def standing(self) -> list[Standing]:
        """Our events, in all calendars."""
        return [
            Standing(key=one["key"], calendar=name, sequence=int(one["sequence"]), start=moment(one["start"]))
            for name, events in self.items()["events"].items()
            for one in events
        ]

    def ledger(self) -> CallLedger:
        """Every call that came."""
        lines = self._http.get("/_control/ledger").raise_for_status().text.splitlines()
        return CallLedger([_call(json.loads(line)) for line in lines])


def _call(line: Mapping[str, Any]) -> Call:
    told = line["not_before"]
    times = {"at": moment(line["at"]), "not_before": None if told is None else moment(told)}
    return Call(**{**line, **times, "fault": Fault(line["fault"])})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def faults_of(ledger: CallLedger) -> Counter[str]:
    return Counter(call.fault.value for call in ledger.calls)
