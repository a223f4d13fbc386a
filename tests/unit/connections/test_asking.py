"""A terminal takes yes and no in its language, and shows what would act on it as an escape."""

import asyncio
import io
import signal
from collections.abc import Sequence

import pytest
import typer

from pointsman.cli.connections.asking import Terminal, pick, read_number


def typed(monkeypatch: pytest.MonkeyPatch, lines: Sequence[str]) -> Terminal:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    return Terminal()


@pytest.mark.parametrize(
    ("lines", "default", "said"),
    [
        (["y"], False, True),
        (["Ja"], False, True),
        (["j"], False, True),
        (["n"], True, False),
        (["nein"], True, False),
        ([""], True, True),
        ([""], False, False),
        (["vielleicht", "2", "j"], False, True),
    ],
)
def test_yes_and_no_are_read_in_both_languages(
    lines: list[str], default: bool, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed(monkeypatch, lines).confirm("Bind it?", default=default) is said


def test_the_default_is_shown_in_the_terminals_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POINTSMAN_LANGUAGE", "de")
    typed(monkeypatch, ["x", "j"]).confirm("Verbinden?", default=True)
    said = capsys.readouterr().out
    assert "Verbinden? [J/n]" in said
    assert "Schreiben Sie j oder n." in said


def test_a_name_of_a_vendor_does_not_act_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = typed(monkeypatch, ["y", "text"])
    terminal.confirm("Bind \x1b[2J?", default=True)
    terminal.text("Name \x1b]0;x\x07", None)
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "place"), [("1", 0), (" 3 ", 2), ("0", None), ("4", None), ("-1", None), ("1.5", None), ("٣", None)]
)
def test_a_number_is_one_of_the_list(answer: str, place: int | None) -> None:
    assert read_number(answer, 3) == place


@pytest.mark.parametrize("way", ["text", "secret", "confirm"])
def test_ctrl_c_at_a_question_breaks_off_at_once(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def prompt(*_: object, **__: object) -> str:
        signal.raise_signal(signal.SIGINT)
        return "y"

    monkeypatch.setattr(typer, "prompt", prompt)
    terminal, answered = Terminal(), []

    async def ask() -> None:
        answered.append(
            terminal.confirm("?", default=True) if way == "confirm" else getattr(terminal, way)(*_ASKED[way])
        )

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(ask())
    assert answered == []


_ASKED = {"text": ("host", None), "secret": ("password",)}


@pytest.mark.parametrize(("lines", "place"), [(["token"], 1), (["oauth2", "1"], 0), (["2"], 1), ([""], 0)])
def test_a_title_that_several_have_is_asked_for_again(
    lines: list[str], place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = ["OAuth2", "Token", "OAuth2"]
    assert pick(typed(monkeypatch, lines), "cli-connections.ask-way", titles) == place
