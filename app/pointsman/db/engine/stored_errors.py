"""What went wrong, as the columns of a table keep it."""

import json

from pointsman.domain.messages.coded import CodedMessage


def error_parameters(error: CodedMessage | None) -> dict[str, str | None]:
    """The parameters `error_code` and `error` (JSON text) of a statement; both null for no error."""
    if error is None:
        return {"error_code": None, "error": None}
    return {"error_code": error.code, "error": json.dumps(error.message.as_json())}
