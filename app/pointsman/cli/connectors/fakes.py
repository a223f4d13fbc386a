"""`connectors fake`: a vendor that stands on this machine alone, for trials without an account."""

import json
import socket
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pointsman.cli.output import EXIT_MISUSED, fail, show, tell
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.set_up.form import fields_of
from pointsman.domain.errors import Invalid

ENTRY_POINT_GROUP = "pointsman.fakes"
HOST = "127.0.0.1"
_RUNS = "run"  # an entry point that runs by itself; any other makes an ASGI application
_TELLS = "to_enter"  # beside it: the configurations of connections to it, by their way to sign in


def run_fake(name: str, *, port: int, control_port: int | None, keep: Path | None = None) -> None:
    """Run the fake of a connector until the process ends. With `keep` what stands there outlives it in that file."""
    known = {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in known:
        fail("cli-connections.no-fake", name=name, known=tuple(sorted(known)), code=EXIT_MISUSED)
    runs = known[name].attr == _RUNS
    if control_port is not None and not runs:
        fail("cli-connections.fake-has-control", code=EXIT_MISUSED)
    if control_port == port:
        fail("cli-connections.fake-ports-equal", code=EXIT_MISUSED)
    for wanted in (port, control_port):
        if wanted is not None and not _is_free(wanted):
            fail("cli-connections.fake-port-taken", name=name, port=str(wanted))
    try:
        if runs:
            _run(name, known[name], port, control_port, keep)
        else:
            _serve(name, known[name], port, keep)
    except ImportError as error:
        fail("cli-connections.fake-lacks", name=name, module=error.name or str(error))
    except OSError as error:
        fail("cli-connections.fake-not-started", name=name, reason=error.strerror or str(error))
    except ValueError as error:  # of the file that was kept
        fail("cli-connections.fake-not-started", name=name, reason=str(error))
    except KeyboardInterrupt:
        return


def _is_free(port: int) -> bool:
    """Asked before anything is told of it."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _run(name: str, entry: EntryPoint, port: int, control_port: int | None, keep: Path | None) -> None:
    run = entry.load()
    told = getattr(import_module(entry.module), _TELLS, None)
    ways: Mapping[str, Mapping[str, Any]] = (
        told(port, control_port) if told is not None else {"": {"host": HOST, "port": port}}
    )
    (_, first), *others = ways.items()
    tell("cli-connections.fake-runs", name=name)
    _show(first)
    tell("cli-connections.fake-document", name=name)
    _show_document(first)
    for way, config in others:
        tell("cli-connections.fake-way", way=way)
        _show_document(config)
    if control_port is not None:
        tell("cli-connections.fake-control", address=f"http://{HOST}:{control_port}/")
    tell("cli-connections.fake-private")
    run(port, control_port, keep)


def _serve(name: str, entry: EntryPoint, port: int, keep: Path | None) -> None:
    fake, address = entry.load()(), f"http://{HOST}:{port}"
    if keep is not None:
        try:
            fake.keep_in(keep)
        except TypeError:
            fail("cli-connections.fake-forgets", name=name, code=EXIT_MISUSED)
    tell("cli-connections.fake-runs", name=name)
    entered = _to_enter(name, fake, address)
    _show(entered)
    if _is_whole(name, entered):
        tell("cli-connections.fake-document", name=name)
        _show_document(entered)
    tell("cli-connections.fake-control", address=f"{address}/_control/items")
    tell("cli-connections.fake-private")
    # By name: a command that serves nothing imports no server, which takes half a second.
    import_module("uvicorn").run(fake, host=HOST, port=port, log_level="warning")


def _to_enter(name: str, fake: Any, address: str) -> Mapping[str, str]:
    """The fields of a connection to it: each address that the connector knows of its vendor, here, and the fake's client."""
    fields = fields_of(ConnectorRegistry.discover().manifest(name).config.model_json_schema())
    found = {
        field.name: f"{address}{urlsplit(field.default).path.rstrip('/')}"
        for field in fields
        if isinstance(field.default, str) and field.default.startswith(("http://", "https://"))
    }
    sign_in = getattr(fake.vendor, "oauth", None)
    clients = {part: str(getattr(sign_in, part, "")) for part in ("client_id", "client_secret")}
    return found | {part: value for part, value in clients.items() if value and part in {one.name for one in fields}}


def _show(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        show(f"  {name}: {value}")


def _is_whole(name: str, config: Mapping[str, Any]) -> bool:
    """Whether a connection needs nothing beside it."""
    try:
        ConnectorRegistry.discover().parse_config(name, config)
    except Invalid:
        return False
    return True


def _show_document(config: Mapping[str, Any]) -> None:
    """As `connections add --from` takes it."""
    show(f"  {json.dumps({'config': config})}")
