"""JMESPath over what senders post, with an end: an evaluation has so many steps and makes so much text, then it is refused.

A short expression can double a list with each of its parts, or write one text into every gap of another. Both are counted
before they are done, so neither time nor memory runs away, and the verdict is the same on every machine.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

from pointsman.domain.leads.coercion import whole
from pointsman.domain.leads.yes_no import MOST_READ, known_answer
from pointsman.services.intake.mapping.expression_advice import advice

MAX_EXPRESSION = 1_000  # characters
MAX_NESTING = 60  # of the parts of one expression
MAX_STEPS = 100_000  # of one evaluation: a quarter of a second
MAX_CHARACTERS = 4_000_000  # that one evaluation may find, make or compare

_ITEMS_A_STEP = 8  # that the interpreter handles in the time in which it visits one part of an expression
_STEPS_A_CALL = 3  # beside the visit: a function looks at the types of what it is given
_CHARACTERS_A_STEP = 2  # of a text that is read as a yes or a no
_COMPARISONS = 20  # of one item while a list is sorted
_FAILURES = (JMESPathError, TypeError, ValueError, ArithmeticError, RecursionError)


class ExpressionRefusedError(ValueError):
    """A text that is no expression; the message says why."""


class ExpressionFailedError(Exception):
    """An expression met a value that it cannot take."""


class TooCostlyError(Exception):
    """The evaluation has no steps or characters left."""


@lru_cache(maxsize=10_000)
def compile_expression(text: str) -> ParsedResult:
    """The expression in `text`; raises ExpressionRefusedError."""
    try:
        compiled = jmespath.compile(text)
    except (JMESPathError, RecursionError, ValueError) as error:
        if isinstance(error, RecursionError):
            raise ExpressionRefusedError("it is nested too deeply") from None
        said = str(error).splitlines()[0][:200].removesuffix("for expression:").rstrip(" ,:")
        hint = advice(text)
        raise ExpressionRefusedError(f"{said}; {hint}" if hint else said) from None
    if _nesting(compiled.parsed) > MAX_NESTING:
        raise ExpressionRefusedError(f"its parts are nested deeper than {MAX_NESTING} levels")
    return compiled


class Evaluation:
    """One budget for all the expressions that are asked of one body, which has `size` bytes."""

    def __init__(self, size: int) -> None:
        self.steps = MAX_STEPS + size // 10
        self.characters = MAX_CHARACTERS + 4 * size
        self._interpreter = _Interpreter(self)

    def lend(self, borrowers: int) -> "Evaluation":
        """An equal part of what is left, for one of so many: what one of them does costs the others nothing."""
        part = Evaluation(0)
        part.steps, part.characters = self.steps // borrowers, self.characters // borrowers
        self.steps -= part.steps
        self.characters -= part.characters
        return part

    def take_back(self, part: "Evaluation") -> None:
        """What is left of a lent part."""
        self.steps += max(part.steps, 0)
        self.characters += max(part.characters, 0)

    def search(self, expression: str, value: Any) -> Any:
        """What it finds: JSON values. Raises ExpressionFailedError, and TooCostlyError from then on when nothing is left."""
        try:
            found = self._interpreter.visit(compile_expression(expression).parsed, value)
            if isinstance(found, str):
                self.take(0, len(found))
            elif found is not None and not isinstance(found, bool | int | float):
                self.take_whole(found)  # what is found is read, compared and stored
        except _FAILURES as error:
            raise ExpressionFailedError(type(error).__name__) from None
        return found

    def take_step(self) -> None:
        """The most frequent payment, which is why it has a way of its own."""
        self.steps -= 1
        if self.steps < 0:
            self.take(0)

    def take(self, steps: int, characters: int = 0) -> None:
        """Pay before the work is done."""
        self.steps -= steps
        self.characters -= characters
        if self.steps < 0 or self.characters < 0:
            self.steps = self.characters = -1
            raise TooCostlyError

    def take_whole(self, value: Any) -> None:
        """Pay for all that is in a value, as often as it is in there."""
        waiting = [value]
        while waiting:
            match part := waiting.pop():
                case str():
                    self.take(0, len(part))
                case dict():
                    self.take(1 + len(part) // _ITEMS_A_STEP, sum(map(len, part)))
                    waiting.extend(part.values())
                case list():
                    self.take(1 + len(part) // _ITEMS_A_STEP)
                    waiting.extend(part)
                case None | bool() | int() | float():
                    pass
                case _:
                    raise TypeError("a reference to an expression is no value")


class _Interpreter(TreeInterpreter):
    """The library's own, paying for each step."""

    def __init__(self, evaluation: Evaluation) -> None:
        super().__init__(jmespath.Options(custom_functions=_PaidFunctions(evaluation)))
        self._evaluation = evaluation

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._evaluation.take_step()
        return super().visit(node, *args, **kwargs)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self._evaluation.take(sum(len(item) if isinstance(item, list) else 1 for item in base) // _ITEMS_A_STEP)
        return [part for item in base for part in (item if isinstance(item, list) else (item,))]

    def visit_slice(self, node: Any, value: Any) -> Any:
        if isinstance(value, list):
            self._evaluation.take(len(value) // _ITEMS_A_STEP)
        return super().visit_slice(node, value)

    def visit_comparator(self, node: Any, value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        if isinstance(left, str) and isinstance(right, str):
            self._evaluation.take(0, min(len(left), len(right)))
        elif isinstance(left, list | dict) and isinstance(right, list | dict):
            self._evaluation.take_whole(left)
            self._evaluation.take_whole(right)
        compare = self.COMPARATOR_FUNC[node["value"]]
        return compare(left, right) if node["value"] in {"eq", "ne"} or _have_order(left, right) else None


class _PaidFunctions(Functions):
    """The library's own, paying for what a function reads and makes before it runs."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def call_function(self, function_name: str, resolved_args: Iterable[Any]) -> Any:
        resolved = list(resolved_args)
        self._evaluation.take(_STEPS_A_CALL)
        for given in resolved:
            if isinstance(given, str):
                self._evaluation.take(0, len(given))
            elif isinstance(given, list | dict):
                self._evaluation.take(len(given) // _ITEMS_A_STEP)
        match function_name, resolved:
            case "sort" | "max" | "min", [list() as items]:
                self._evaluation.take(0, sum(len(item) * _COMPARISONS for item in items if isinstance(item, str)))
            case "to_string", [float() as given]:
                resolved = [whole(given)]  # one id, with and without its point
            case "to_string", [given] if not isinstance(given, str):
                self._evaluation.take_whole(given)
            case "contains", [list() as items, sought]:
                self._evaluation.take_whole(items)
                self._evaluation.take_whole(sought)
            case "yes" | "no", [given]:  # each character is looked at more than once
                texts = [item for item in (given if isinstance(given, list) else [given]) if isinstance(item, str)]
                self._evaluation.take(sum(min(len(text), MOST_READ) for text in texts) // _CHARACTERS_A_STEP)
            case "join", [str() as gap, list() as parts]:
                written = sum(len(part) for part in parts if isinstance(part, str))
                self._evaluation.take(0, written + len(gap) * max(len(parts) - 1, 0))
            case _:
                pass
        return super().call_function(function_name, resolved)

    @signature({"types": []})
    def _func_yes(self, value: Any) -> bool | None:
        """True for a known yes, false for a known no, null for anything else."""
        return known_answer(value)

    @signature({"types": []})
    def _func_no(self, value: Any) -> bool | None:
        """True for a known no, false for a known yes, null for anything else."""
        answer = known_answer(value)
        return None if answer is None else not answer

    def _create_key_func(self, expref: Any, allowed_types: list[str], function_name: str) -> Callable[[Any], Any]:
        find = super()._create_key_func(expref, allowed_types, function_name)  # type: ignore[misc]  # its stubs leave it out

        def find_paid(item: Any) -> Any:
            key = find(item)
            self._evaluation.take(0, len(key) * _COMPARISONS if isinstance(key, str) else 0)
            return key

        return find_paid


FUNCTIONS = frozenset(_PaidFunctions.FUNCTION_TABLE)


def unknown_function(expression: str) -> str | None:
    """The first function in it that there is not."""
    waiting: list[Any] = [compile_expression(expression).parsed]
    while waiting:
        node = waiting.pop()
        if node.get("type") == "function_expression" and node["value"] not in FUNCTIONS:
            return str(node["value"])[:60]
        waiting += [child for child in node.get("children", ()) if isinstance(child, dict)]
    return None


def _have_order(left: object, right: object) -> bool:
    return all(isinstance(value, int | float | str) and not isinstance(value, bool) for value in (left, right))


def _nesting(parsed: Any) -> int:
    """How deep the parts of an expression lie in each other."""
    deepest, waiting = 0, [(parsed, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(node, dict):
            waiting.extend((child, depth + 1) for child in node.get("children", ()))
    return deepest
