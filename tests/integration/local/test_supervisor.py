"""The supervisor with real programs that stop, crash, ignore signals and are left behind."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pointsman.domain.messages.message import say
from pointsman.local.errors import LocalServerError
from pointsman.local.processes import Process
from pointsman.local.supervision.restarts import RestartPolicy
from pointsman.local.supervision.supervisor import ChildProgram, Supervisor
from support.waiting import PATIENCE_S, wait_until

QUICK = RestartPolicy(grace=3, first_pause=0.05, longest_pause=0.2, stable_after=60, max_deaths=4, look_every=0.05)
SLEEP = "import time; print('up', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def program(name: str, source: str, **env: str) -> ChildProgram:
    return ChildProgram(name=name, argv=[sys.executable, "-c", source], env=env)


@contextmanager
def started(
    children: list[ChildProgram], *, state: Path, out: io.StringIO | None = None, patience: RestartPolicy = QUICK
) -> Iterator[Supervisor]:
    with Supervisor(children, state=state, out=out or io.StringIO(), patience=patience) as supervisor:
        supervisor.start()
        yield supervisor


def test_every_line_carries_the_name_of_who_said_it(tmp_path: Path) -> None:
    out = io.StringIO()
    say = "import os, time; print(os.environ['WORD'], flush=True); time.sleep(600)"
    with started([program("api", say, WORD="yes"), program("worker", say, WORD="no")], state=tmp_path, out=out):
        wait_until(lambda: len(out.getvalue().splitlines()) == 2)
    assert sorted(out.getvalue().splitlines()) == ["api    | yes", "worker | no"]


def test_stopping_ends_every_child_even_a_deaf_one(tmp_path: Path) -> None:
    out = io.StringIO()
    supervisor = Supervisor([program("deaf", DEAF), program("good", SLEEP)], state=tmp_path, out=out, patience=QUICK)
    supervisor.start()
    wait_until(lambda: out.getvalue().count("up") == 2)
    pids = [run.process.pid for run in supervisor._runs]
    supervisor.stop()
    assert [Process.find(pid) for pid in pids] == [None, None]


def test_a_crashed_child_is_started_again(tmp_path: Path) -> None:
    out, flag = io.StringIO(), tmp_path / "flag"
    once = f"import pathlib, sys, time; f = pathlib.Path({str(flag)!r})"
    once += "; known = f.exists(); f.touch(); known or sys.exit(3)"
    once += "; print('second life', flush=True); time.sleep(600)"
    with started([program("api", once)], state=tmp_path, out=out, patience=QUICK):
        wait_until(lambda: "second life" in out.getvalue())
    assert "ended with code 3, starting again" in out.getvalue()


def test_a_server_beside_the_children_is_started_again_where_they_know_it(tmp_path: Path) -> None:
    up, starts, out = tmp_path / "up", [], io.StringIO()

    def start() -> str:
        starts.append(1)
        up.touch()
        return "here" if len(starts) < 3 else "elsewhere"

    address = start()
    with Supervisor([program("good", SLEEP)], state=tmp_path / "state", out=out, patience=QUICK) as supervisor:
        supervisor.keep_up("database", up.exists, start, address)
        supervisor.start()
        up.unlink()
        wait_until(up.exists)
        assert not supervisor.has_given_up
        up.unlink()
        assert supervisor.wait() == 1
    assert out.getvalue().count("database | ended, starting again in") == 2
    assert "database | has another address now" in out.getvalue()


@pytest.mark.parametrize(
    "error", [OSError(12, "Cannot allocate memory"), LocalServerError(say("local.initdb-failed", said="x"))]
)
def test_a_server_that_cannot_be_started_ends_the_whole_and_no_sooner_the_watch_over_children(
    tmp_path: Path, error: Exception
) -> None:
    out = io.StringIO()

    def start() -> str:
        raise error

    with Supervisor([program("good", SLEEP)], state=tmp_path, out=out, patience=QUICK) as supervisor:
        supervisor.keep_up("database", lambda: False, start, "here")
        supervisor.start()
        assert supervisor.wait() == 1
    assert "4 times in a row, giving up" in out.getvalue()


def test_a_child_that_cannot_live_ends_the_whole_with_an_error(tmp_path: Path) -> None:
    out = io.StringIO()
    children = [program("good", SLEEP), program("bad", "raise SystemExit(7)")]
    assert Supervisor(children, state=tmp_path, out=out, patience=QUICK).run() == 1
    assert "ended with code 7, 4 times in a row, giving up" in out.getvalue()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_whole_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    out = io.StringIO()
    supervisor = Supervisor([program("good", SLEEP)], state=tmp_path, out=out, patience=QUICK)
    before = signal.getsignal(number)

    def send_when_up() -> None:
        wait_until(lambda: "up" in out.getvalue())
        os.kill(os.getpid(), number)

    sender = threading.Thread(target=send_when_up)
    sender.start()
    assert supervisor.run() == 0
    sender.join()
    assert signal.getsignal(number) is before
    assert not (tmp_path / "children.json").exists()


def test_a_signal_during_set_up_work_stops_what_runs(tmp_path: Path) -> None:
    supervisor = Supervisor([program("good", SLEEP)], state=tmp_path, out=io.StringIO(), patience=QUICK)
    with pytest.raises(KeyboardInterrupt), supervisor:  # noqa: PT012  the block is the set-up work
        supervisor.start()
        pid = supervisor._runs[0].process.pid
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(PATIENCE_S)
    assert Process.find(pid) is None


def test_children_of_a_killed_supervisor_are_ended_by_the_next(tmp_path: Path) -> None:
    story = """
import sys
from pathlib import Path
from pointsman.local.supervision.supervisor import ChildProgram, Supervisor
Supervisor([ChildProgram(name="old", argv=[sys.executable, "-c", sys.argv[2]])], state=Path(sys.argv[1]),
           command="`pointsman demo`").run()
"""
    orphan_says = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    words = [sys.executable, "-c", story, str(tmp_path), orphan_says]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        orphan = int(killed.stdout.readline().split()[-1])
        with pytest.raises(LocalServerError, match=rf"`pointsman demo` \(process {killed.pid}\) runs already"):
            Supervisor([program("new", SLEEP)], state=tmp_path).start()
        assert Process.find(orphan), "a refused start ends nobody"
        killed.kill()
    assert Process.find(orphan)
    with started([program("new", SLEEP)], state=tmp_path, out=io.StringIO(), patience=QUICK):
        assert Process.find(orphan) is None


def test_a_remembered_id_that_belongs_to_another_program_by_now_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.DEVNULL) as stranger:
        (tmp_path / "children.json").write_text(f'[{{"pid": {stranger.pid}, "started": "long ago"}}]')
        with started([program("new", SLEEP)], state=tmp_path, out=io.StringIO(), patience=QUICK):
            assert Process.find(stranger.pid)
        stranger.kill()


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"pid": 1}]', "null"])
def test_a_damaged_memory_is_no_reason_not_to_start(tmp_path: Path, text: str) -> None:
    memory, out = tmp_path / "children.json", io.StringIO()
    memory.write_text(text)
    with started([program("new", SLEEP)], state=tmp_path, out=out, patience=QUICK) as supervisor:
        wait_until(lambda: "up" in out.getvalue())
        assert [child["pid"] for child in json.loads(memory.read_text())] == [supervisor._runs[0].process.pid]
    assert not memory.exists()


def test_what_the_children_need_is_closed_after_them(tmp_path: Path) -> None:
    seen: list[object] = []
    with started([program("api", SLEEP)], state=tmp_path) as supervisor:
        pid = supervisor._runs[0].process.pid
        supervisor.call_after_stop(lambda: seen.append(Process.find(pid)))
        assert seen == []
    assert seen == [None]


def test_a_refused_start_closes_nothing(tmp_path: Path) -> None:
    closed: list[str] = []
    with started([program("api", SLEEP)], state=tmp_path):
        with pytest.raises(LocalServerError), Supervisor([], state=tmp_path) as second:
            second.call_after_stop(lambda: closed.append("the first one's database"))
        assert closed == []


def test_a_place_that_cannot_hold_the_state_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalServerError, match=r"cannot be kept in .*--state"), started([], state=tmp_path / "file"):
        pass
