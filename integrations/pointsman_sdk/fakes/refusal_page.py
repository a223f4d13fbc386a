"""The page of a vendor's sign-in that refuses an app in the browser: one that it does not know, or that asks wrongly."""

from html import escape

import httpx

_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
<h1>{title}</h1>
<p>{said}</p>
<p>{code}</p>
</body>
</html>
"""


def refusal_page(status: int, title: str, said: str, code: str) -> httpx.Response:
    """What stands on it is text: nothing of it is read as HTML."""
    page = _PAGE.format(title=escape(title), said=escape(said), code=escape(code))
    return httpx.Response(status, html=page, headers={"Cache-Control": "no-store"})


def plain_refusal(error: str, _client: str) -> httpx.Response:
    """The page of a vendor without one of its own; `error` as OAuth 2 names it (RFC 6749, 4.1.2.1)."""
    return refusal_page(400, "Sign-in refused", "This app cannot sign anybody in as it asks.", f"Error: {error}")
