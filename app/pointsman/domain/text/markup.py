"""What a text says beside what forms, templates and spreadsheets leave behind in it. It is for asking, not for keeping."""

import html
import re

_TAGS = (
    "a|abbr|article|b|blockquote|body|br|center|code|del|div|em|figure|font|footer|h[1-6]|head|header|hr|html|i|img|ins|label|"
    "li|main|meta|ol|o:p|p|pre|s|section|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|u|ul"
)
#: Each alternative stops at its own first sign, or after so many, so that a search is linear.
_LEFT_BEHIND = re.compile(
    rf"</?(?:{_TAGS})(?=[\s/>]|\Z)[^<>]*(?:>|\Z)|<![^<>]*>"  # HTML
    r"|\{\{[^{}]{0,200}\}\}|\$\{[^{}]{1,200}\}|\{[a-z_][\w.: -]{0,100}\}|<%[^<>%]{0,200}%>"  # merge tags
    r"|\{%[^{}%]{0,200}%\}|\[\[[^\[\]]{1,200}\]\]|\*\|[^|*]{1,200}\|\*|%%?[a-z_][\w.-]{0,100}%%?|##[a-z_][\w.-]{0,100}##"
    r"|\#(?:ref|value|wert|name|null|num|zahl|bezug|div/0|spill|calc|error|field|unknown|n/a)(?:[!?]|\b)"  # spreadsheets
    r"|\[object [a-z]{1,20}\]"
    r"|\\(?:[nrt]|u[0-9a-f]{4}|x[0-9a-f]{2})",  # an escape that was written out
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});|&nbsp", re.IGNORECASE)


def without_markup(text: str) -> str:
    """The text without HTML tags, merge tags that were never filled in, errors of spreadsheets and written-out escapes.

    Entities become their signs. Linear in the text.
    """
    if "&" in text:
        for _ in range(2):  # "&amp;nbsp;"
            text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return _LEFT_BEHIND.sub(" ", text)
