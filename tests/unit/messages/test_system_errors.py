"""Why the system refused a file, in the reader's language."""

import errno
import os

import pytest

from pointsman.domain.messages.system_errors import system_words
from pointsman.services.wording.rendering import MessageReader, render


@pytest.mark.parametrize(
    ("number", "german"),
    [
        (errno.ENOENT, "Datei oder Ordner gibt es nicht"),
        (errno.EACCES, "keine Berechtigung"),
        (errno.ENOSPC, "der Datenträger ist voll"),
        (errno.EIO, "das System meldet: Input/output error"),
    ],
)
def test_what_the_system_says_is_told_in_german_or_in_a_german_frame(number: int, german: str) -> None:
    found = OSError(number, os.strerror(number))
    assert render(system_words(found), MessageReader(language="de")) == german
    assert render(system_words(found), MessageReader())
