"""What a query may say."""

from typing import Annotated

from pydantic import BeforeValidator


def _true_or_false(given: object) -> object:
    if isinstance(given, str) and given not in {"true", "false"}:
        raise ValueError("write true or false")
    return given


#: `true` or `false`, and none of the other words that mean them elsewhere.
QueryBool = Annotated[bool, BeforeValidator(_true_or_false)]
