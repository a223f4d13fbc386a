"""Why a human does what the rules would not do by themselves: a text that the audit log keeps."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from pointsman.domain.text.visible import is_drawn


def refuse_unseen(text: str) -> str:
    """The text, refused where nothing of it would be drawn."""
    if text and not is_drawn(text):
        raise PydanticCustomError("shows-nothing", "it shows nothing: say why")
    return text


ReasonText = Annotated[
    str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True), AfterValidator(refuse_unseen)
]
