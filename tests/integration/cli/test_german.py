"""A German terminal reads German, errors, help and lists included."""

import json
import socket
from pathlib import Path

import pytest

from support.programs.command_line import pointsman

MAIL = {"host": "127.0.0.1", "security": "none", "sender": "appointments@example.com"}

GERMAN = [
    (("--help",), "Verwaltung"),
    (("keys", "create", "--help"), "Wofür der Schlüssel ist. [nötig]"),
    (("keys", "list"), "Rechte"),
    (("keys", "lst"), "Fehler: Einen Befehl lst gibt es nicht. Ist list gemeint?"),
    (("keys", "create"), "Fehler: 'name' fehlt."),
    (("policy", "history", "--limit", "0"), "'--limit' braucht eine Zahl von 1 bis 200."),
    (("policy", "history", "--limt", "3"), "Ist --limit gemeint?"),
    (("policy", "check", "/nowhere.yaml"), "/nowhere.yaml lässt sich nicht lesen."),
    (("policy", "check", "POLICY"), "kann veröffentlicht werden."),
    (("policy", "diff", "POLICY", "POLICY"), "Beide sagen dasselbe."),
    (("policy", "diff", "POLICY", "nowhere"), "„nowhere“ ist weder eine Version noch `live` noch eine Datei."),
    (("policy", "rollback", "-m", " "), "geben Sie einen Grund mit 1 bis 1.000 Zeichen an"),
    (("ledger", "verify"), "Nennen Sie einen Pool, oder sagen Sie --all."),
    (("ledger", "unskip", "x", "y", "-m", "z"), "'SKIP' nimmt diesen Wert nicht"),
    (("reps", "reassign", "ghost", "-m", "ill"), "Abgelehnt: Es gibt niemanden mit dem Schlüssel „ghost“ im Team."),
    (("reps", "time-off", "lena", "soon"), "soon ist kein Tag"),
    (("connectors", "list"), "Anmeldung"),
    (("connections", "health", "nowhere"), "Abgelehnt: Eine Verbindung „nowhere“ gibt es nicht."),
    (("connections", "calendars", "nowhere"), "Abgelehnt: Eine Verbindung „nowhere“ gibt es nicht."),
    (("connectors", "check", "nowhere"), "Abgelehnt: Eine Verbindung „nowhere“ gibt es nicht."),
    (("connectors", "check", "nowhere", "--live"), "Abgelehnt: Eine Verbindung „nowhere“ gibt es nicht."),
    (
        ("connections", "add", "smtp", "--from", "UNFIT"),
        "Abgelehnt: Die Einstellungen passen nicht zum Connector smtp.",
    ),
    (
        ("connections", "add", "smtp", "--from", "SILENT"),
        "Abgelehnt: Der Anbieter antwortet nicht, und es wurde nichts gespeichert:",
    ),
    (("connectors", "check", "x", "--calendar", "y"), "Geben Sie --live dazu."),
    (("connectors", "check", "x", "--live", "--zone", "Berlin"), "Eine Zeitzone Berlin gibt es nicht."),
    (("secrets", "rotate", "--check"), "(der neueste)"),
    (("decisions", "replay"), "Entscheidungen fallen wieder gleich aus."),
    (("migrate",), "Das Schema steht auf"),
    (("doctor",), "Die Uhren gehen gleich."),
    (("serve", "--host", "a..b"), "a..b ist keine Adresse dieses Rechners."),
]


@pytest.mark.parametrize(("words", "said"), GERMAN, ids=[" ".join(words) for words, _ in GERMAN])
def test_a_command_speaks_german(words: tuple[str, ...], said: str, shared_database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text('rules: [{name: "Alle", work: nurture}]\n')
    files = {"POLICY": file}
    with socket.socket() as closed:  # bound and not listening: nobody answers there
        closed.bind(("127.0.0.1", 0))
        for name, more in (("UNFIT", {"host": "no host"}), ("SILENT", {"port": closed.getsockname()[1]})):
            files[name] = tmp_path / name
            files[name].write_text(json.dumps({"config": MAIL | more}))
        typed = [str(files.get(word, word)) for word in words]
        done = pointsman(
            *typed, url=shared_database_url, POINTSMAN_LANGUAGE="de", POINTSMAN_PRIVATE_NETWORKS="127.0.0.0/8"
        )
    assert said in done.stdout + done.stderr
