"""What a query, or a path, may say."""

import re
from typing import Annotated

from pydantic import BeforeValidator


def _true_or_false(given: object) -> object:
    if isinstance(given, str) and given not in {"true", "false"}:
        raise ValueError("write true or false")
    return given


#: `true` or `false`, and none of the other words that mean them elsewhere.
QueryBool = Annotated[bool, BeforeValidator(_true_or_false)]


def _digits(given: object) -> object:
    if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,20}", given) is None:
        raise ValueError("write digits, such as 50")
    return given


#: Digits, and none of the other forms that Python takes for a number: "1_0", "1.0", " 1".
QueryInt = Annotated[int, BeforeValidator(_digits)]
