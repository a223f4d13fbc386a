"""Tables: whole on a screen of 80 columns, a line for each row in a pipe."""

import io

from rich.console import Console

from pointsman.cli.output import show_table, table

ID = "019a0c3e-1111-7222-8333-944455566677"
LONG = "a reason that is written out at length, since whoever reads it later was not there when it was given"


def shown(*, terminal: bool) -> str:
    file = io.StringIO()
    screen = Console(file=file, width=80, force_terminal=terminal, color_system=None)
    listed = table("id", "what became of it", "why")
    listed.add_row(ID, "Lena Vogt", LONG)
    show_table(listed, screen)
    return file.getvalue()


def test_nothing_is_cut_on_a_screen_of_80_columns() -> None:
    lines = shown(terminal=True).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(ID in line for line in lines)
    cells = [line.split("\u2502") for line in lines if line.count("\u2502") == 4]
    assert "".join(cell[3].strip() for cell in cells).replace(" ", "") == LONG.replace(" ", "")


def test_a_row_is_one_line_without_a_frame_in_a_pipe() -> None:
    lines = shown(terminal=False).splitlines()
    assert len(lines) == 2
    assert [part for part in lines[1].split("  ") if part] == [ID, "Lena Vogt", LONG]
