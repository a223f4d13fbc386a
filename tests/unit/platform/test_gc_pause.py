"""The garbage collector rests while many objects are made that stay, and always comes back."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from pointsman.domain.gc_pause import freeze_gc, gc_paused
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.routing.compiled_policy import CompiledPolicy


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    gc.enable()
    yield
    gc.unfreeze()
    gc.enable()


def test_the_collector_rests_until_the_last_of_several_documents_is_read() -> None:
    first, second = ExitStack(), ExitStack()
    first.enter_context(gc_paused())
    second.enter_context(gc_paused())
    first.close()
    assert not gc.isenabled()
    second.close()
    assert gc.isenabled()


def test_a_document_that_cannot_be_read_does_not_leave_the_collector_off() -> None:
    with pytest.raises(ValueError, match="not a policy"), gc_paused():
        raise ValueError("not a policy")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with gc_paused():
        pass
    assert not gc.isenabled()


def test_a_policy_spared_from_the_collector_goes_as_soon_as_nothing_refers_to_it() -> None:
    document = {
        "segments": {"here": {"owner": "Board", "when": {"field": "lead.country", "equals": "DE"}}},
        "rules": [{"name": "here", "when": {"not": {"segment": "here"}}, "work": "nurture"}],
    }
    gc.disable()
    policy = CompiledPolicy(parse_policy(document), version=1)
    freeze_gc()
    assert next(policy.scan_rules({"lead.country": "FR"})) == (0, True)
    gone = weakref.ref(policy)
    del policy
    assert gone() is None


def test_a_command_that_ends_spares_its_modules_the_last_looks_for_garbage() -> None:
    program = (
        "import atexit, gc\n"
        "from pointsman.domain.gc_pause import collect_seldom\n"
        "atexit.register(lambda: print(gc.get_count()[0], gc.get_freeze_count()))\n"
        "collect_seldom()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    young, frozen = map(int, ended.stdout.split())
    assert young < 100 < frozen
