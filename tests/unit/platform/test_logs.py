"""Logs tell what failed and where, and never name a person."""

import json
import logging
import subprocess
import sys

import pytest

from pointsman.logs import safe_traceback

CANARY = "mara@example.com"

PROGRAM = f"""
import logging, structlog
from pointsman.logs import configure_logs
configure_logs(form="json", level="info")
try:
    try:
        raise ValueError("{CANARY}")
    except ValueError as error:
        raise RuntimeError("about {CANARY}") from error
except RuntimeError as error:
    structlog.get_logger("ours").exception("it failed", job=7)
    logging.getLogger("a.library").exception("it failed")
    logging.getLogger("a.library").error("it failed", exc_info=error)
"""


def test_a_traceback_keeps_types_and_frames_and_leaves_messages_out() -> None:
    with pytest.raises(ValueError, match=CANARY) as caught:
        int(f"{CANARY}")
    told = safe_traceback(caught.value)
    assert told["error"] == "ValueError"
    assert "test_a_traceback" in told["frames"][-1]
    assert CANARY not in str(told)


def test_neither_our_log_lines_nor_a_librarys_quote_an_exception() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 3
    assert all(line["error"] == "RuntimeError < ValueError" for line in lines)
    assert CANARY not in done.stdout + done.stderr
    assert logging.getLevelName(lines[0]["level"].upper()) == logging.ERROR


DURING_A_CALL = """
import logging, structlog
from pointsman.connectors.pace.masks import CURRENT, MaskedLines, Masks
from pointsman.logs import configure_logs
configure_logs(form="json", level="info", filters=[MaskedLines()])
CURRENT.set(Masks(["s3cret-Password"]))
logging.getLogger("vendors_library").warning("sent %s", "s3cret-Password")
logging.getLogger("vendors_library").warning({"password": "s3cret-Password"})
structlog.get_logger("ours").warning("sent s3cret-Password", header="Basic s3cret-Password", job=7)
try:
    raise ValueError("s3cret-Password")
except ValueError:
    logging.getLogger("vendors_library").exception("failed")
    structlog.get_logger("ours").exception("failed too")
sent = {"s3cret-Password": [("Authorization", b"Basic s3cret-Password")], "of": Ellipsis, "count": 3, "as": None}
deep = [[[[[[[["s3cret-Password"]]]]]]]]
structlog.get_logger("ours").info("sent", sent=sent, deep=deep, error=ValueError("s3cret-Password"), on=True, at=1.5)
"""


def test_no_line_that_is_said_during_a_call_has_a_secret_whoever_says_it() -> None:
    done = subprocess.run([sys.executable, "-c", DURING_A_CALL], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [line["event"] for line in lines]
    assert told == ["sent (secret)", "{'password': '(secret)'}", "sent (secret)", "failed", "failed too", "sent"]
    assert (lines[2]["header"], lines[2]["job"], lines[3]["error"]) == ("Basic (secret)", 7, "ValueError")
    sent = {"(secret)": [["Authorization", "b'Basic (secret)'"]], "of": "Ellipsis", "count": 3, "as": None}
    assert (lines[5]["sent"], lines[5]["on"], lines[5]["at"]) == (sent, True, 1.5)
    assert "s3cret-Password" not in done.stdout + done.stderr
