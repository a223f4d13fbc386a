"""A text is read in a child: whatever it does there, the service hears one typed error and goes on."""

import asyncio
import ctypes
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pointsman_sdk.readers import Limits, ReaderPool, ReadersBusy, Reason, Unreadable
from support.hostile import readers
from support.waiting import until

pytestmark = pytest.mark.anyio

SHORT = Limits(seconds=0.2, wait_seconds=60)
WORKED = Limits(seconds=60, cpu_seconds=1, wait_seconds=60)  # however busy the machine is
CALM = Limits(seconds=60, wait_seconds=60, memory_bytes=64_000_000, output_bytes=1_000)


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    pool = ReaderPool(processes=2)
    yield pool
    pool.close()


async def test_a_reader_gets_bytes_and_arguments_and_gives_json_values_back(pool: ReaderPool) -> None:
    assert await pool.read(readers.text_and, "ä".encode(), limits=CALM, also=[1, 2]) == ["ä", [1, 2]]


def test_a_caller_without_an_event_loop_gets_the_same(pool: ReaderPool) -> None:
    assert pool.read_now(readers.text_and, b"a", limits=CALM, also=[]) == ["a", []]


@pytest.mark.parametrize(
    ("reader", "limits", "reason"),
    [
        (readers.segmentation_fault, CALM, Reason.CRASHED),
        (readers.endless, WORKED, Reason.TOOK_TOO_LONG),
        (readers.much_memory, CALM, Reason.TOO_LARGE),
        (readers.long_answer, CALM, Reason.TOO_LARGE),
        (readers.endless_recursion, CALM, Reason.TOO_DEEP),
        (readers.no_json, CALM, Reason.CRASHED),
        (readers.kills_its_host, CALM, Reason.CRASHED),
    ],
)
async def test_whatever_a_text_does_is_one_typed_error_and_the_next_text_is_read(
    pool: ReaderPool, reader: Any, limits: Limits, reason: Reason
) -> None:
    with pytest.raises(Unreadable) as refused:
        await pool.read(reader, b"x", limits=limits)
    assert refused.value.reason is reason
    assert await pool.read(readers.text_and, b"next", limits=CALM, also=[]) == ["next", []]


def test_a_text_is_read_after_all_when_its_process_was_ended_for_nothing_that_it_did(
    pool: ReaderPool, tmp_path: Path
) -> None:
    mark = str(tmp_path / "ended")
    assert pool.read_now(readers.kills_its_host_once, b"honest", limits=CALM, mark=mark) == "honest"


def test_a_system_that_starts_no_more_processes_is_busy_and_no_text_is_to_blame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def starved(data: bytes) -> Any:
        raise NotImplementedError(data)

    starved.__module__, starved.__qualname__ = "support.hostile.starved_host", "text"
    pool = ReaderPool(processes=1)
    with pytest.raises(ReadersBusy, match="starts no reader"):
        pool.read_now(starved, b"honest", limits=CALM)
    pool.close()

    def none_left(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", none_left)
    pool = ReaderPool(processes=1)
    with pytest.raises(ReadersBusy, match="starts no reader"):
        pool.read_now(readers.text_and, b"honest", limits=CALM, also=[])
    pool.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to whom they are told to")
def test_the_first_process_of_a_container_keeps_no_dead_reader() -> None:
    pool = ReaderPool(processes=1)
    pool.warm(readers.freezes_its_host).result()
    host = pool._idle[0]._process.pid
    become_reaper(is_one=True)
    try:
        with pytest.raises(ReadersBusy):
            pool.read_now(readers.freezes_its_host, b"x", limits=SHORT)
        with pytest.raises(ChildProcessError):  # none of the host's is left
            os.waitpid(-host, os.WNOHANG)
    finally:
        become_reaper(is_one=False)
        pool.close()


def become_reaper(*, is_one: bool) -> None:
    pr_set_child_subreaper = 36
    assert ctypes.CDLL(None).prctl(pr_set_child_subreaper, int(is_one), 0, 0, 0) == 0


def test_a_text_that_the_machine_gave_no_time_is_not_refused_as_too_long(pool: ReaderPool) -> None:
    """Its sender would not send it again."""
    with pytest.raises(ReadersBusy, match="too busy"):
        pool.read_now(readers.gets_no_time, b"x", limits=SHORT)


def test_a_reader_can_write_nothing_to_a_file(pool: ReaderPool, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        pool.read_now(readers.writes_a_file, b"x", limits=CALM, at=str(tmp_path / "file"))
    assert refused.value.reason is Reason.CRASHED
    assert [file.read_bytes() for file in tmp_path.iterdir()] in ([], [b""])


async def test_a_reader_says_where_the_fault_is(pool: ReaderPool) -> None:
    with pytest.raises(Unreadable, match=r"A bracket is missing\.") as refused:
        await pool.read(readers.malformed, b"x", limits=CALM)
    assert (refused.value.reason, refused.value.line, refused.value.column) == (Reason.MALFORMED, 3, 7)


async def test_an_error_of_a_reader_tells_its_type_and_nothing_of_the_text(pool: ReaderPool) -> None:
    with pytest.raises(Unreadable, match=r"^The reader failed \(KeyError\)\.$"):
        await pool.read(readers.bug, b"x", limits=CALM)


async def test_too_long_a_text_starts_nothing() -> None:
    pool = ReaderPool()
    with pytest.raises(Unreadable, match="more than 10 bytes") as refused:
        await pool.read(readers.text_and, b"x" * 11, limits=Limits(input_bytes=10), also=[])
    assert refused.value.reason is Reason.TOO_LARGE
    pool.close()


async def test_a_reader_sees_no_variable_no_socket_and_no_file_of_the_service(
    pool: ReaderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTSMAN_SECRET_KEYS", "a secret")
    for descriptor in (inherited := os.pipe()):
        os.set_inheritable(descriptor, True)
    seen = await pool.read(readers.surroundings, b"", limits=CALM)
    for descriptor in inherited:
        os.close(descriptor)
    assert set(seen["environment"]) <= {"LC_CTYPE"}  # Python's own, where there is no locale
    assert seen["folder"] == "/"
    assert seen["beyond_the_standard_three"] in (
        ["pipe"],
        [],
    )  # the one that the answer goes into; not every system tells


async def test_who_finds_every_process_taken_hears_so_in_time_and_the_loop_goes_on() -> None:
    pool = ReaderPool(processes=1)
    long = Limits(seconds=1.0, wait_seconds=0)
    first = asyncio.create_task(pool.read(readers.endless, b"", limits=long))
    await asyncio.sleep(0)
    for _ in range(40):
        with pytest.raises(ReadersBusy):
            await pool.read(readers.endless, b"", limits=long)
    assert not first.done()  # the loop had forty turns while the text was being read
    with pytest.raises((Unreadable, ReadersBusy)):  # as much as the machine had time for it
        await first
    assert await pool.read(readers.text_and, b"a", limits=CALM, also=[]) == ["a", []]
    pool.close()


async def test_a_caller_that_goes_away_takes_no_place() -> None:
    pool = ReaderPool(processes=1)
    gone = [asyncio.create_task(pool.read(readers.endless, b"", limits=SHORT)) for _ in range(30)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    assert await pool.read(readers.text_and, b"a", limits=CALM, also=[]) == ["a", []]
    pool.close()


async def test_closing_ends_the_processes() -> None:
    pool = ReaderPool(processes=1)
    await asyncio.wrap_future(pool.warm(readers.text_and))
    [process] = pool._idle
    pool.close()
    await until(lambda: not process.alive)


def test_a_function_that_a_child_could_not_import_is_refused(pool: ReaderPool) -> None:
    with pytest.raises(ValueError, match="top level"):
        pool.read_now(lambda data: data, b"x")
