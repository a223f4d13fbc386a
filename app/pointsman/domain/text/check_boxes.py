"""CheckBoxes of forms and task lists in a text, "[x] CRM [ ] ERP": what is not ticked was not said."""

import re
from dataclasses import dataclass

_TICKED = r"(?:\[[xX*✓✔√]\]|\([xX*✓✔√•]\)|[☑☒✅🗹🗵])\ufe0f?"
_OPEN = r"(?:\[[\s_]{1,3}\]|\([\s_]{1,3}\)|[☐⬜◻◽□▢🔲])\ufe0f?"
_BOX = re.compile(rf"\s*(?:[-*+•]\s+)?(?:(?P<ticked>{_TICKED})|(?P<open>{_OPEN}))")
_NEXT = re.compile(rf"(?:[-*+•]\s+)?(?:{_TICKED}|{_OPEN})|[\n;,|]")


@dataclass(frozen=True, slots=True)
class CheckBoxes:
    """`said`: the text without boxes and without the labels of those that are not ticked, which are `left`."""

    said: str
    is_ticked: bool
    left: tuple[str, ...]


def read_boxes(text: str) -> CheckBoxes | None:
    """None where the text does not begin with a box: then it does not tell which label is whose.

    A label ends at the next box, line, comma or semicolon. Linear in the text.
    """
    if _BOX.match(text) is None:
        return None
    said: list[str] = []
    left: list[str] = []
    is_ticked = False
    at = 0
    while at < len(text):
        box = _BOX.match(text, at)
        start = box.end() if box else at
        following = _NEXT.search(text, start)
        end = following.start() if following else len(text)
        is_ticked = is_ticked or bool(box and box["ticked"])
        (left if box and box["open"] else said).append(text[start:end])
        at = end + 1 if following and following[0] in "\n;,|" else end
    return CheckBoxes("\n".join(said), is_ticked, tuple(left))
