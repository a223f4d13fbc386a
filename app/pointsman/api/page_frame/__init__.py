"""The frame around all pages that people open in a browser: look, languages, headers."""
