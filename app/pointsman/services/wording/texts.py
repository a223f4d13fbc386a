"""Texts that a policy's author writes, rendered: values are strangers' words, one line each, bounded, never a template."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from pointsman.domain.policy.invitations import TextName
from pointsman.domain.text.lines import one_line, without_links
from pointsman.services.wording.text_grammar import can_be_sent, check_text, template_environment

if TYPE_CHECKING:  # jinja2 is imported where it is used
    from jinja2 import Template

__all__ = ["can_be_sent", "check_text", "render_html", "render_line", "render_text"]

LONGEST_VALUE = 300
LONGEST_URL = 2_000
LONGEST_OUTPUT = 40_000
_URLS = frozenset({TextName.JOIN_URL, TextName.CHANGE_URL})
#: What a lead says of itself.
_OF_STRANGERS = frozenset({TextName.FIRST_NAME, TextName.LAST_NAME, TextName.NAME, TextName.COMPANY})
_PARAGRAPHS = re.compile(r"\n\s*\n")


def render_text(source: str, values: Mapping[TextName, str]) -> str:
    """The text with these values; a name without one is empty. ValueError for a text that `check_text` finds fault with.

    A text of one line stays one, whatever the values.
    """
    return _tidy(_render(source, {name.value: _plain(name, values.get(name, "")) for name in TextName}, html=False))


def render_line(source: str, values: Mapping[TextName, str]) -> str:
    """The same on one line, for subjects and names."""
    return one_line(render_text(source, values))


def render_html(source: str, values: Mapping[TextName, str]) -> str:
    """The same text as HTML: paragraphs, line breaks, and links for the two addresses of pages; all else is escaped."""
    shown = _tidy(_render(source, {name.value: _marked(name, values.get(name, "")) for name in TextName}, html=True))
    paragraphs = [paragraph.replace("\n", "<br>\n") for paragraph in _PARAGRAPHS.split(shown) if paragraph]
    return "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _plain(name: TextName, value: str) -> str:
    shown = one_line(value[: LONGEST_URL + 1])
    if name in _URLS:  # half an address leads elsewhere
        return shown if len(shown) <= LONGEST_URL else ""
    if name in _OF_STRANGERS:
        shown = without_links(shown, may_be_host=name is TextName.COMPANY)
    return shown if len(shown) <= LONGEST_VALUE else f"{shown[: LONGEST_VALUE - 1]}…"


def _marked(name: TextName, value: str) -> str:
    shown = _plain(name, value)
    if name in _URLS and shown.startswith(("https://", "http://")):
        return Markup('<a href="{0}">{0}</a>').format(shown)
    return shown


def _render(source: str, given: Mapping[str, str], *, html: bool) -> str:
    """Bounded: what would go beyond is left out."""
    pieces, length = [], 0
    for piece in _template(source, html=html).generate(given):
        length += len(piece)
        if length > LONGEST_OUTPUT:
            break
        pieces.append(piece)
    return "".join(pieces)


def _tidy(text: str) -> str:
    """No empty lines where a part fell away, and none at the ends."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()


@lru_cache(maxsize=512)
def _template(source: str, *, html: bool) -> "Template":
    """The text made ready; the author's own signs are escaped before, which leaves tags as they are."""
    if not can_be_sent(source):
        raise ValueError("the text has faults that its check names")
    return template_environment(html=html).from_string(str(escape(source)) if html else source)
