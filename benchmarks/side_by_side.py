"""What durable intake and a synchronous decision cost, beside the bare stack and the bare database on this machine.

    python benchmarks/side_by_side.py [--rounds 3] [--seconds 6]

One API process, one connection pool size, one machine, every contender in turn, round by round; the median counts.
Workers are stopped while intake is measured: this is what acceptance costs, and the jobs wait, committed.
"""

import argparse
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from uuid import uuid4

import floors
import machine
import pgbench
import psycopg
import uvloop
from http_load import Load, closed_loop, open_loop, request
from programs import PYTHON, Program, cpu_seconds, free_port, start_all
from rich.console import Console
from rich.table import Table
from seeding import seed
from service import Service
from webhooks import Hook

CONNECTIONS = 32
RATE = 200.0
POOL = 10
BODY = 1_500
FASTEST = 6_000  # requests per second that nothing here exceeds: so many are made beforehand

BARE_TABLES = (
    "create table {name} (like inbox including defaults including indexes);"
    " grant select, insert on {name} to pointsman_service"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a figure should be, and whether it is."""

    words: str
    value: float
    met: bool


@dataclass(slots=True, kw_only=True)
class Contender:
    """One way to store a lead, measured round by round."""

    name: str
    requests: Callable[[int], list[bytes]]
    program: Program
    port: int
    status: int
    flat_out: list[Load] = field(default_factory=list)
    steady: list[Load] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # seconds of processor time for one request

    def measure(self, seconds: float) -> None:
        before = cpu_seconds(self.program.pid)
        full = uvloop.run(self._closed(seconds))
        after = cpu_seconds(self.program.pid)
        if before is not None and after is not None:
            self.cpu.append((after - before) / len(full.seconds))
        calm = uvloop.run(self._open(seconds))
        for load in (full, calm):
            if not load.only(self.status):
                wrong = next(answer for answer in load.answers if answer.status != self.status)
                raise SystemExit(f"{self.name}: {load}\n{wrong.status} {wrong.body.decode(errors='replace')[:600]}")
        self.flat_out.append(full)
        self.steady.append(calm)

    async def _closed(self, seconds: float) -> Load:
        made = self.requests(int(FASTEST * seconds / 2))
        return await closed_loop([self.port], made, connections=CONNECTIONS, seconds=seconds)

    async def _open(self, seconds: float) -> Load:
        made = self.requests(int(RATE * seconds))
        return await open_loop([self.port], made, rate=RATE, connections=CONNECTIONS)

    @property
    def per_second(self) -> float:
        return median(load.per_second for load in self.flat_out)

    def ms(self, quantile: float) -> float:
        return median(load.ms(quantile) for load in self.flat_out)

    def steady_ms(self, quantile: float) -> float:
        return median(load.ms(quantile) for load in self.steady)


def number(chance: random.Random) -> str:
    return f"{chance.getrandbits(60):015x}"


def bare_requests(chance: random.Random) -> Callable[[int], list[bytes]]:
    def make(count: int) -> list[bytes]:
        headers = {"Content-Type": "application/json"}
        return [
            request(
                "POST", "/hook", headers={**headers, "webhook-id": str(uuid4())}, body=floors.form(number(chance), BODY)
            )
            for _ in range(count)
        ]

    return make


def hook_requests(hook: Hook, chance: random.Random) -> Callable[[int], list[bytes]]:
    return lambda count: [hook.signed(str(uuid4()), floors.form(number(chance), BODY)) for _ in range(count)]


def lead_requests(key: str, chance: random.Random) -> Callable[[int], list[bytes]]:
    return lambda count: [floors.lead_request(key, number(chance)) for _ in range(count)]


def compare(service: Service, *, rounds: int, seconds: float, console: Console) -> list[Aim]:
    """Print the table, give back the aims."""
    chance = random.Random(7)
    with psycopg.connect(service.libpq_url, autocommit=True) as connection:
        for name in ("bare_inbox", "bare_pgbench"):
            connection.execute(BARE_TABLES.format(name=name).encode())
    hook = seed(service, floors.of_sdrs(7))["form"]
    port = free_port()
    bare = Program(
        "bare",
        [PYTHON, str(Path(__file__).with_name("bare_handler.py")), "--database-url", service.database_url,
         "--port", str(port), "--pool", str(POOL)],
        env={}, directory=service.directory, ready=f"http://127.0.0.1:{port}/ready",
    )  # fmt: skip
    api, front = service.apis[0], service.ports[0]
    contenders = [
        Contender(name="bare FastAPI insert", requests=bare_requests(chance), program=bare, port=port, status=202),
        Contender(name="webhook intake", requests=hook_requests(hook, chance), program=api, port=front, status=202),
        Contender(
            name="synchronous decision",
            requests=lead_requests(service.key, chance),
            program=api,
            port=front,
            status=201,
        ),
    ]
    paces: dict[int, list[float]] = {1: [], CONNECTIONS: []}
    start_all([bare])
    try:
        for turn in range(1, rounds + 1):
            for clients, pace in paces.items():
                console.print(f"round {turn}/{rounds}: pgbench, {clients} clients", style="dim")
                found = pgbench.run(service.libpq_url, service.directory, clients=clients, seconds=int(seconds))
                pace.append(found.per_second)
            for contender in contenders:
                console.print(f"round {turn}/{rounds}: {contender.name}", style="dim")
                contender.measure(seconds)
    finally:
        bare.stop()
    return _report(console, paces, contenders)


def _report(console: Console, paces: dict[int, list[float]], contenders: list[Contender]) -> list[Aim]:
    bare, intake, decision = contenders
    table = Table(title=f"One insert and commit, {BODY} bytes; median of {len(bare.flat_out)} rounds")
    table.add_column("")
    steady = f"at {RATE:.0f}/s"
    for column in ("per second", "of bare", "CPU ms", "p50 ms", "p99 ms", f"p50 ms {steady}", f"p99 ms {steady}"):
        table.add_column(column, justify="right")
    for clients, pace in paces.items():
        rate = median(pace)
        table.add_row(f"pgbench, {clients} clients", f"{rate:,.0f}", f"{rate / bare.per_second:.2f}")
    for one in contenders:
        figures = (one.ms(0.5), one.ms(0.99), one.steady_ms(0.5), one.steady_ms(0.99))
        table.add_row(
            f"{one.name}, {CONNECTIONS} connections",
            f"{one.per_second:,.0f}",
            f"{one.per_second / bare.per_second:.2f}",
            f"{median(one.cpu) * 1000:.2f}" if one.cpu else "",
            *(f"{figure:.1f}" for figure in figures),
        )
    console.print(table)
    ratio, calm = intake.per_second / bare.per_second, intake.steady_ms(0.99)
    return [
        Aim(words="intake of bare >= 0.6", value=ratio, met=ratio >= 0.6),
        Aim(words=f"intake p99 at {RATE:.0f}/s <= 25 ms", value=calm, met=calm <= 25),
        Aim(words="decisions per second >= 200", value=decision.per_second, met=decision.per_second >= 200),
        Aim(words="decision p99 <= 100 ms", value=decision.ms(0.99), met=decision.ms(0.99) <= 100),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6)
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as directory:
        console.print(str(machine.measure(Path(directory))))
    with Service(apis=1, workers=0, pool=POOL) as service:
        aims = compare(service, rounds=given.rounds, seconds=given.seconds, console=console)
    for aim in aims:
        console.print(f"{'met   ' if aim.met else 'MISSED'} {aim.words}: {aim.value:.2f}")


if __name__ == "__main__":
    main()
