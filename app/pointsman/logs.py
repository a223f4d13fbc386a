"""Structured logs: one line per event, ids instead of personal data, tracebacks without messages."""

import logging
import sys
import traceback
from collections.abc import Iterable
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

_FRAMES = 12


def safe_traceback(error: BaseException) -> dict[str, Any]:
    """Types and frames of an error and its causes. Messages stay out: they may quote a lead."""
    chain: list[str] = []
    frames: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 5:
        chain.append(type(current).__qualname__ + _state(current))
        frames = frames or [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(current.__traceback__)
        ]
        current = current.__cause__ or current.__context__
    return {"error": " < ".join(chain), "frames": frames[-_FRAMES:]}


def _state(error: BaseException) -> str:
    state = getattr(error, "sqlstate", None)
    return f"[{state}]" if state else ""


def _hide_messages(_logger: object, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event.update(safe_traceback(error))
    return event


def configure_logs(*, form: str, level: str, filters: Iterable[logging.Filter] = ()) -> None:
    """Send our own and the libraries' log lines to standard output in one form, each through the filters."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_messages,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    for one in filters:
        handler.addFilter(one)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("procrastinate", "httpx", "httpcore", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel("WARNING")
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
