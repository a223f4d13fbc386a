"""`serve`: the process that serves the HTTP API. A deployment runs any number of them."""

import os
import shutil
import signal
import sys
import tempfile
from importlib import import_module
from typing import Annotated

import typer
import uvicorn

from pointsman.api.front.header_limits import HeaderLimitsProtocol
from pointsman.cli.output import end_with, fail
from pointsman.cli.service.listening import find_listening_fault
from pointsman.cli.settings import settings_or_exit
from pointsman.domain.gc_pause import collect_as_usual, gc_paused
from pointsman.logs import configure_logs
from pointsman.settings import PREFIX, Settings

_MODULE = "pointsman.main"
_METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"


def serve(
    host: Annotated[str | None, typer.Option(help="help.host")] = None,
    port: Annotated[int | None, typer.Option(help="help.port")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="help.serve.workers")] = 1,
) -> None:
    """Serve the HTTP API."""
    given = {"host": host, "port": port}
    for name, value in given.items():
        if value is not None:
            os.environ[f"{PREFIX}{name.upper()}"] = str(value)  # the serving processes read it from there
    chosen = settings_or_exit()
    if fault := find_listening_fault(chosen.host, chosen.port):
        end_with(fault)
    configure_logs(form=chosen.log_format, level=chosen.log_level)
    shared = _shared_metrics() if workers > 1 else None
    try:
        _serve(chosen, workers)
    finally:
        if shared:
            shutil.rmtree(shared, ignore_errors=True)


def _serve(chosen: Settings, workers: int) -> None:
    collect_as_usual()
    if workers == 1:
        # Here and not by uvicorn, so that the collector does not look for garbage in what has come to stay.
        with gc_paused():
            import_module(_MODULE)
    else:  # what forbids the start ends the parent, which would begin its children again for ever
        from pointsman.connectors.registry import ConnectorRegistry  # noqa: PLC0415  # a parent alone imports nothing else

        ConnectorRegistry.discover()
    # For a signal before uvicorn listens to them. Later it stops cleanly, then raises the signal again, for this one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: sys.exit(0))
    uvicorn.run(
        f"{_MODULE}:from_environment",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        workers=workers,
        http=HeaderLimitsProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(chosen.trusted_proxies),
        forwarded_allow_ips=[*chosen.trusted_proxies] or None,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=8,
    )


def _shared_metrics() -> str | None:
    """A folder in which several processes add up their counters; nothing when the operator gave one."""
    if _METRICS_DIR in os.environ:
        return None
    try:
        os.environ[_METRICS_DIR] = tempfile.mkdtemp(prefix="pointsman-metrics-")
    except OSError:
        fail("cli-service.no-metrics-folder", variable=_METRICS_DIR)
    return os.environ[_METRICS_DIR]
