"""What a text says beside what forms, templates and spreadsheets leave behind in it. It is for asking, not for keeping."""

import html
import re
from urllib.parse import unquote

_TAGS = (
    "a|abbr|article|b|blockquote|body|br|center|code|del|div|em|figure|font|footer|h[1-6]|head|header|hr|html|i|img|ins|label|"
    "li|main|meta|ol|o:p|p|pre|s|section|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|u|ul"
)
#: Each alternative stops at its own first sign, or after so many, so that a search is linear.
_LEFT_BEHIND = re.compile(
    r"<(?:style|script)\b[^<>]*>[^<]*(?:</(?:style|script)\s*>|\Z)"  # what a reader never sees
    r"|</?[a-z][^<>]*+>|<![^<>]*+>"  # HTML, whatever its name is
    rf"|</?(?:{_TAGS})(?:[\s/][^<>]*+)?\Z"  # cut off
    r"|<\?(?:[^?<]|\?(?!>))*+(?:\?>|\Z)|<%[^<>%]{0,200}(?:%>|\Z)"  # code of a template
    r"|\{\{[^{}]{0,200}(?:\}\}?|\Z)|[$#@]\{[^{}]{1,200}\}|\{[a-z_][\w.: -]{0,100}\}"  # merge tags
    r"|\{%[^{}%]{0,200}%\}|\[\[[^\[\]]{1,200}\]\]|\*\|[^|*]{1,200}\|\*|%%?[a-z_][\w.-]{0,100}%%?|##[a-z_][\w.-]{0,100}##"
    r"|@@[a-z][\w.-]{0,100}@@|__[a-z][a-z\d.-]{0,100}__|::[a-z][\w.-]{0,100}::|(?<![\w$])\$[a-z_][\w.]{0,100}"
    r"|\#(?:ref|value|wert|name|null|num|zahl|bezug|div/0|spill|calc|error|field|unknown|n/a)(?:[!?]|\b)"  # spreadsheets
    r"|\[object [a-z]{1,20}\]"
    r"|\\(?:[nrt]|u[0-9a-f]{4}|x[0-9a-f]{2})",  # an escape that was written out
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6});?|&[a-z][a-z0-9]{1,31};|&nbsp", re.IGNORECASE)
_AMPERSANDS = re.compile(r"&(?:amp;)+", re.IGNORECASE)
_PERCENT = re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)
#: "[your-message]" or "[first] [last]" as the whole text. A list in brackets says what is in it, and so does one box.
_SLOTS = re.compile(r"\s*(?:\[[^\[\]\"',;]{2,100}\]\s*)+")


def without_markup(text: str) -> str:
    """The text without HTML tags, merge tags that were never filled in, errors of spreadsheets and written-out escapes.

    Entities and escapes of addresses ("%20") become their signs; what a style or a script holds goes with it. Linear in the text.
    """
    if "&" in text:
        text = _AMPERSANDS.sub("&", text)  # "&amp;amp;nbsp;"
        for _ in range(2):
            text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    text = _LEFT_BEHIND.sub(" ", text)
    return _PERCENT.sub(lambda found: unquote(found[0]), text) if "%" in text else text


def is_slot(text: str) -> bool:
    """Whether the whole text is a name in brackets, as a template marks the place where a value should stand."""
    return _SLOTS.fullmatch(text) is not None
