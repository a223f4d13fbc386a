"""What runs in a reader process: a host that never looks at a text, and for each text a fork of it that does.

Started as a script, with an empty environment and no file but its two pipes. The host imports what is asked for and so
stays warm; a fork starts in two milliseconds, has limits of its own, and takes whatever happens to it to its grave.
It imports the standard library alone, and of the SDK only what readers name.
"""

import gc
import importlib
import json
import math
import os
import resource
import select
import signal
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

FRAME = struct.Struct(">II")  # bytes of the head (JSON), bytes of the body
BUSY = "busy"  # the reason of a text that was not looked at
_CHUNK = 1 << 16
_VALUE, _FAULT = b"V", b"F"
_NICENESS = 5  # who serves others goes first
_OWN_SHARE = 0.5  # of the time on the clock; a text that was given less of the processor did not take too long itself


def main() -> None:
    """Answer one request after the other until the pipe is closed."""
    inward, outward = _take_pipes()
    with suppress(OSError):
        os.nice(_NICENESS)
    with suppress(OSError):  # where memory runs out, the kernel ends a reader before the service
        Path("/proc/self/oom_score_adj").write_text("1000")
    while (request := _receive(inward)) is not None:
        head, body = request
        _send(outward, *_serve(head, body))


def _serve(head: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    sys.path[:] = head["path"]
    try:
        function = _imported(head["function"])
    except Exception as error:  # noqa: BLE001  # whatever an import raises: the host lives on, and says what it was
        return _fault("crashed", f"The reader could not be loaded ({type(error).__name__})."), b""
    if head["only_load"]:
        gc.collect()
        gc.freeze()  # so that a fork's collector touches, and thereby copies, nothing of the host's
        return {}, b""
    try:
        outcome, inside = os.pipe()
        pid = os.fork()
    except OSError as error:  # the system has no more processes or descriptors to give: no fault of the text
        return _fault(BUSY, f"The system starts no reader now ({error.strerror})."), b""
    if pid == 0:
        os.close(outcome)
        _read_and_exit(inside, function, body, head)
    os.close(inside)
    try:
        written = _collect(outcome, head["output_bytes"], time.monotonic() + head["seconds"])
    finally:
        os.close(outcome)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # it has said all, or must not say more
        _, ended, used = os.wait4(pid, 0)
    return _result(written, ended, used.ru_utime + used.ru_stime, head)


def _result(written: bytes | str, ended: int, worked: float, head: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What a fork wrote, or why it wrote nothing that counts."""
    if written == "too-large":
        return _fault("too-large", f"What was read is larger than {head['output_bytes']} bytes."), b""
    if os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGXCPU:
        return _fault("took-too-long", f"Reading took more than {head['cpu_seconds']} seconds of processor time."), b""
    if written == "took-too-long":
        busy = _fault(BUSY, "The machine is too busy to read the text now. Try again in a second.")
        late = _fault("took-too-long", f"Reading took longer than {head['seconds']:g} seconds.")
        return (busy if worked < _OWN_SHARE * head["seconds"] else late), b""
    if isinstance(written, bytes) and written[:1] == _VALUE:
        return {}, written[1:]
    if isinstance(written, bytes) and written[:1] == _FAULT:
        fault: dict[str, Any] = json.loads(written[1:])
        return fault, b""
    return _fault("crashed", "The text broke its reader: it is nested too deeply, too large, or damaged."), b""


def _read_and_exit(outward: int, function: Any, body: bytes, head: dict[str, Any]) -> None:
    """In the fork: read, write the outcome, and end without any farewell."""
    try:
        os.closerange(3, outward)
        os.closerange(outward + 1, 1_024)
        _limit(head)
        try:
            value = function(body, **head["arguments"])
            said = _VALUE + json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except RecursionError:
            said = _said("too-deep", "The text is nested too deeply.")
        except MemoryError:
            said = _said("too-large", f"Reading needs more than {head['memory_bytes']} bytes of memory.")
        except Exception as error:  # noqa: BLE001  # a reader's own error is an outcome too
            said = _said_by(error)
        view = memoryview(said)
        while view:
            view = view[os.write(outward, view) :]
    finally:
        os._exit(0)


def _limit(head: dict[str, Any]) -> None:
    """No file is written, no process started, and memory and CPU end where the caller says."""
    cpu = head["cpu_seconds"]
    limits = [
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
    ]
    with suppress(OSError):  # only Linux tells it here, and only there the limit means anything
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + head["memory_bytes"]
        limits.append((resource.RLIMIT_AS, most, most))
    for what, soft, hard in limits:
        allowed = resource.getrlimit(what)[1]
        if allowed != resource.RLIM_INFINITY:
            soft, hard = min(soft, allowed), min(hard, allowed)  # noqa: PLW2901  # the system's own bound is tighter
        resource.setrlimit(what, (soft, hard))


def _said_by(error: Exception) -> bytes:
    if type(error).__name__ == "Unreadable" and type(error).__module__ == "pointsman_sdk.readers.unreadable":
        place = {"line": getattr(error, "line", None), "column": getattr(error, "column", None)}
        return _said(str(getattr(error, "reason", "crashed")), str(error)[:500], **place)
    return _said("crashed", f"The reader failed ({type(error).__name__}).")


def _said(reason: str, message: str, **place: int | None) -> bytes:
    return _FAULT + json.dumps(_fault(reason, message, **place)).encode()


def _fault(reason: str, message: str, **place: int | None) -> dict[str, Any]:
    return {"reason": reason, "message": message, **place}


def _collect(source: int, most: int, until: float) -> bytes | str:
    """All that comes until the end; or what was crossed."""
    found = bytearray()
    poll = select.poll()
    poll.register(source, select.POLLIN)
    while (left := until - time.monotonic()) > 0:
        if poll.poll(math.ceil(left * 1000)):
            chunk = os.read(source, _CHUNK)
            if not chunk:
                return bytes(found)
            found += chunk
            if len(found) > most + 1:
                return "too-large"
    return "took-too-long"


def _imported(name: str) -> Any:
    module, _, function = name.partition(":")
    _spare_the_sdk()
    found: Any = importlib.import_module(module)
    for part in function.split("."):
        found = getattr(found, part)
    return found


class _SparedSdk(ModuleType):
    """The SDK's front page, opened when something of it is asked for: it imports models and an HTTP client, which takes
    half a second and 30 MB that few readers need."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        page = Path(self.__path__[0], "__init__.py")
        exec(compile(page.read_bytes(), str(page), "exec"), self.__dict__)  # noqa: S102  # as an import would
        return self.__dict__[name]


def _spare_the_sdk() -> None:
    name = "pointsman_sdk"
    if name not in sys.modules:
        package = _SparedSdk(name)
        package.__path__ = [str(Path(__file__).parent.parent)]
        sys.modules[name] = package


def _take_pipes() -> tuple[int, int]:
    """The two pipes under numbers of their own: what a library prints goes nowhere."""
    pipes = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return pipes


def _receive(source: int) -> tuple[dict[str, Any], bytes] | None:
    sizes = _exactly(source, FRAME.size)
    if sizes is None:
        return None
    head_size, body_size = FRAME.unpack(sizes)
    head, body = _exactly(source, head_size), _exactly(source, body_size)
    return None if head is None or body is None else (json.loads(head), body)


def _exactly(source: int, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        chunk = os.read(source, min(size - len(found), 1 << 20))
        if not chunk:
            return None
        found += chunk
    return bytes(found)


def _send(target: int, head: dict[str, Any], body: bytes) -> None:
    said = json.dumps(head).encode()
    view = memoryview(FRAME.pack(len(said), len(body)) + said + body)
    while view:
        view = view[os.write(target, view) :]


if __name__ == "__main__":
    with suppress(BrokenPipeError, KeyboardInterrupt):  # the service has gone
        main()
