"""What an answer says of fields that were taken otherwise than their sender may think."""

from pydantic import BaseModel, Field

from pointsman.domain.distribution.idle_settings import Hint
from pointsman.domain.errors import Fault
from pointsman.services.wording.rendering import MessageReader, render


class FieldWarningDoc(BaseModel):
    """What became of a field otherwise than its sender may think."""

    path: str = Field(examples=['body.fields["account.owner"]'])
    code: str = Field(examples=["not-yours-to-say"])
    message: str

    @staticmethod
    def of_hint(hint: Hint, reader: MessageReader) -> "FieldWarningDoc":
        return FieldWarningDoc(path=hint.path, code=hint.code, message=render(hint.message, reader))

    @staticmethod
    def of(fault: Fault) -> "FieldWarningDoc":
        path = fault.path if fault.path.startswith("body") else f"body.{fault.path}"
        return FieldWarningDoc(path=path, code=fault.code, message=fault.message)
