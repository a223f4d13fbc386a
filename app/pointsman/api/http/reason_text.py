"""Why a human does what the rules would not do by themselves: a text that the audit log keeps."""

from typing import Annotated

from pydantic import StringConstraints

ReasonText = Annotated[str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True)]
