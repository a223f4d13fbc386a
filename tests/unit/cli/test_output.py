"""What is printed is plain text on any stream: nothing that came from outside acts on the terminal, or ends the command."""

import io
import sys

import pytest
from rich.text import Text

from pointsman.cli import output
from pointsman.cli.output import PlainConsole, show_table, table
from pointsman.domain.text.lines import refuse_acting, show_acting

ACTING = [
    "\x1b]0;pwned\x07",
    "\x1b[2J",
    "\x9b31m",
    "\u202eevil",
    "\u2066evil\u2069",
    "\x08\x08",
    "a\rb",
    "\x85",
    "\u2028",
]
HARMLESS = ["Jörg Müßig", "Zoë 👩\u200d🚀", "שלום \u200f(Tel Aviv)", "❤\ufe0f", "李明华", "[/x] [red]"]


def printed(thing: object) -> str:
    console = PlainConsole(file=io.StringIO(), width=80, markup=False, color_system=None)
    console.print(thing, soft_wrap=True)
    shown: str = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO, as given
    return shown


@pytest.mark.parametrize("text", ACTING)
def test_no_sign_acts_on_the_terminal_whatever_it_is_printed_in(text: str) -> None:
    listed = table("id", text)
    listed.add_row("1", text)
    framed = PlainConsole(file=io.StringIO(), width=80, markup=False, color_system=None, force_terminal=True)
    show_table(listed, framed)
    shown = framed.file.getvalue()  # type: ignore[attr-defined]  # a StringIO, as given
    for said in (printed(text), printed(Text(text, "bold")), printed(Text.assemble("a", (text, "red"))), shown):
        assert show_acting(said) == said
        assert text not in said


@pytest.mark.parametrize("text", HARMLESS)
def test_names_of_any_script_are_printed_as_they_are(text: str) -> None:
    assert printed(text) == f"{text}\n"
    assert refuse_acting(text) == text


@pytest.mark.parametrize("text", [*ACTING, "two\nlines", "\x00"])
def test_a_name_that_would_act_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="take it out"):
        refuse_acting(f"Lena {text}")


def test_a_stream_of_another_encoding_shows_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    output.spare_encodings()
    output.show("Müller → 李")
    sys.stdout.flush()
    assert written.getvalue().decode("latin-1") == "Müller \\u2192 \\u674e\n"


def test_prose_breaks_between_words_on_a_screen() -> None:
    screen = PlainConsole(file=io.StringIO(), width=30, markup=False, force_terminal=True, color_system=None)
    output.show_prose(
        "The gate for closing opens: https://example.com/a/very/long/address stays whole.", indent="  ", on=screen
    )
    lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]  # a StringIO, as given
    assert lines == [
        "  The gate for closing opens:",
        "  https://example.com/a/very/long/address",
        "  stays whole.",
    ]
