"""A private Pointsman on this machine: a durable PostgreSQL, a calendar server, and as many processes as asked for.

Everything lies in one temporary folder and is gone at the end; every process can be killed with SIGKILL meanwhile.
"""

import base64
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import httpx
from icalendar import Calendar, Component
from programs import PYTHON, Program, children_of, cpu_seconds, free_port, run, start_all

from pointsman.local.calendar_server import SERVICE_USER, CalendarServer
from pointsman.local.postgres import EmbeddedPostgres, as_service

CALENDAR = "work"
POINTSMAN = str(Path(PYTHON).with_name("pointsman"))


class Target(Protocol):
    """A running deployment, with a calendar server beside it."""

    ports: list[int]
    key: str
    libpq_url: str
    calendars: CalendarServer

    @property
    def url(self) -> str: ...


class Elsewhere:
    """A deployment that somebody else runs on this machine, without a policy yet; only its calendars are ours.

    It must be allowed to reach them: POINTSMAN_PRIVATE_NETWORKS=127.0.0.0/8.
    """

    def __init__(self, url: str, *, key: str, database_url: str) -> None:
        where = urlsplit(url)
        if where.hostname not in {"127.0.0.1", "localhost"} or where.port is None:
            raise SystemExit("--url must name a port of this machine: loads go nowhere else")
        self.ports = [where.port]
        self.key = key
        self.libpq_url = database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._directory = Path(tempfile.mkdtemp(prefix="pointsman-bench-"))
        self.calendars = CalendarServer(self._directory, port=free_port())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.calendars.stop()
        shutil.rmtree(self._directory, ignore_errors=True)


class Service:
    """`with Service(apis=2, workers=2) as service:` runs it; `kill` and `restart` are what a bad day does to it."""

    def __init__(
        self,
        *,
        apis: int = 1,
        workers: int = 1,
        pool: int = 10,
        concurrency: int = 10,
        connections: int = 200,
        worker: Sequence[str] = (POINTSMAN, "work"),
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="pointsman-bench-"))
        self._postgres = EmbeddedPostgres(self.directory / "database", durable=True, connections=connections)
        self.calendars = CalendarServer(self.directory / "calendars", port=free_port())
        self.ports = [free_port() for _ in range(apis)]
        self._workers, self._worker = workers, worker
        self.secret_keys = base64.urlsafe_b64encode(os.urandom(32)).decode()
        self._env = {
            "POINTSMAN_SECRET_KEYS": self.secret_keys,
            "POINTSMAN_POOL_SIZE": str(pool),
            "POINTSMAN_WORKER_CONCURRENCY": str(concurrency),
            "POINTSMAN_PRIVATE_NETWORKS": "127.0.0.0/8",  # the calendar server is on this machine
            "POINTSMAN_LOG_LEVEL": "warning",
        }
        self.apis: list[Program] = []
        self.workers: list[Program] = []
        self.database_url = ""
        self.libpq_url = ""
        self.key = ""

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, _interrupt)  # so that a kill of the benchmark, too, ends what it started
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        owner_url = self._postgres.start()
        self.database_url = as_service(owner_url)
        # What measures looks at everything; what is measured has the service's rights alone.
        self.libpq_url = owner_url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._env["POINTSMAN_DATABASE_URL"] = self.database_url
        migration = {**self._env, "POINTSMAN_MIGRATION_DATABASE_URL": owner_url}
        run([POINTSMAN, "migrate"], env=migration, directory=self.directory)
        printed = run(
            [POINTSMAN, "keys", "create", "benchmark", "--scope", "admin"],
            env=self._env,
            directory=self.directory,
        )
        token = re.search(r"pm_[A-Za-z0-9]+_[A-Za-z0-9]+", printed)
        if token is None:
            raise SystemExit("`pointsman keys create` printed no key")
        self.key = token[0]
        for number, port in enumerate(self.ports, start=1):
            env = {**self._env, "POINTSMAN_PORT": str(port), "POINTSMAN_PUBLIC_URL": f"http://127.0.0.1:{port}"}
            ready = f"http://127.0.0.1:{port}/health/ready"
            self.apis.append(
                Program(f"api-{number}", [POINTSMAN, "serve"], env=env, directory=self.directory, ready=ready)
            )
        for number in range(1, self._workers + 1):
            self.workers.append(Program(f"worker-{number}", self._worker, env=self._env, directory=self.directory))
        start_all([*self.apis, *self.workers])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    def kill(self) -> None:
        """SIGKILL to every API and worker process; the database lives on."""
        for program in (*self.apis, *self.workers):
            program.kill()

    def restart(self) -> None:
        start_all([*self.apis, *self.workers])

    def pause_workers(self) -> None:
        for worker in self.workers:
            worker.stop()

    def resume_workers(self) -> None:
        start_all(self.workers)

    def database_processes(self) -> list[int]:
        """Those of PostgreSQL that run now; the first one makes the others."""
        running = self._postgres._find_running()  # noqa: SLF001  # nobody but a benchmark stops it
        return [] if running is None else [running.process.pid, *children_of(running.process.pid)]

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time that the API processes and the workers have used since they were last started."""
        return {
            "API": sum(cpu_seconds(program.pid) or 0 for program in self.apis),
            "workers": sum(cpu_seconds(program.pid) or 0 for program in self.workers),
        }

    def keep_logs(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for program in (*self.apis, *self.workers):
            shutil.copy(program.log, folder)

    def stop(self) -> None:
        for program in (*self.apis, *self.workers):
            program.stop()
        self.calendars.stop()
        self._postgres.remove()
        shutil.rmtree(self.directory, ignore_errors=True)


def calendar_path(owner: str) -> str:
    return f"/{owner}/{CALENDAR}/"


def events_of(server: CalendarServer, owners: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """What the calendar server itself says: for each owner's calendar, UID and start (UTC, ISO) of every event."""
    found: dict[str, list[tuple[str, str]]] = {}
    with httpx.Client(auth=(SERVICE_USER, server.password()), timeout=30, trust_env=False) as client:
        for owner in owners:
            path = calendar_path(owner)
            answer = client.get(server.url.rstrip("/") + path)
            answer.raise_for_status()
            whole = Calendar.from_ical(answer.text)
            found[path] = [(str(event["UID"]), _start(event)) for event in whole.walk("VEVENT")]
    return found


def _start(event: Component) -> str:
    at = event.decoded("DTSTART")
    return at.astimezone(UTC).isoformat() if isinstance(at, datetime) else str(at)


class Api:
    """The service's HTTP API with a key. An answer that is not as expected ends us with its text."""

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False
        )

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Any:
        answer = self._client.request(method, path, json=body, params=params)
        if not answer.is_success:
            raise SystemExit(f"{method} {path} was answered {answer.status_code}:\n{answer.text}")
        return answer.json() if answer.content else None

    def every(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            page = self.call("GET", path, limit=100, **params, **cursor)
            items += page["items"]
            if not page.get("next"):
                return items
            cursor = {"cursor": page["next"]}

    def close(self) -> None:
        self._client.close()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
