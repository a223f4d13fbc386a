"""What is asked of a body or event, with the budget for it, and what could not be answered."""

from dataclasses import dataclass, field
from typing import Any

from pointsman.domain.errors import Fault, Invalid
from pointsman.services.intake.mapping.expressions import Evaluation, ExpressionFailedError, TooCostlyError


@dataclass(frozen=True, slots=True)
class Asked:
    """A body or event, the budget for what is asked of it, and what could not be answered."""

    about: Any
    evaluation: Evaluation
    warnings: list[Fault] = field(default_factory=list)

    def search(self, expression: str, path: str) -> Any:
        """What the expression at `path` of the mapping finds; Invalid "mapping-too-costly" when it does not come to an end."""
        try:
            return self.evaluation.search(expression, self.about)
        except ExpressionFailedError as error:
            # A function met a value it cannot take: to the lead this is the same as no value.
            self.warn(path, "expression-failed", f"the expression failed ({error}): left out")
            return None
        except TooCostlyError:
            message = "the mapping does too much work on this body: shorten the expression, or the body"
            fault = Fault(path=f"mapping.{path}", code="mapping-too-costly", message=message)
            raise Invalid(f"At {path}, {message}.", code="mapping-too-costly", faults=[fault]) from None

    def warn(self, path: str, code: str, message: str) -> None:
        self.warnings.append(Fault(path=path, code=code, message=message))
