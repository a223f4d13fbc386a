"""The OpenAPI console at /docs: served whole from here, so it works without internet and under a strict policy."""

from html import escape

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response

ASSETS_PATH = "/static-offline-docs"  # fastapi-offline mounts Swagger UI's own files there

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)  # Swagger UI sets styles inline; nothing else may be inline
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{assets}/favicon.png">
<link rel="stylesheet" href="{assets}/swagger-ui.css">
</head>
<body>
<div id="console"></div>
<noscript>This console needs JavaScript. The same description is at <a href="{schema}">{schema}</a>.</noscript>
<script src="{assets}/swagger-ui-bundle.js"></script>
<script src="{start}"></script>
</body>
</html>
"""
_START = """window.onload = () => SwaggerUIBundle({
  url: "SCHEMA",
  dom_id: "#console",
  deepLinking: true,
  docExpansion: "none",
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
});
"""


def install_console(app: FastAPI, *, docs: str = "/docs") -> None:
    """Serve the console at `docs` for the app's own description."""
    schema = app.openapi_url
    assert schema is not None
    start = f"{docs}/start.js"
    page = _PAGE.format(title=escape(f"{app.title} console"), assets=ASSETS_PATH, schema=schema, start=start)
    script = _START.replace("SCHEMA", schema)

    @app.get(docs, include_in_schema=False)
    async def console() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "X-Frame-Options": "DENY"})

    @app.get(start, include_in_schema=False)
    async def console_start() -> Response:
        return Response(script, media_type="text/javascript")
