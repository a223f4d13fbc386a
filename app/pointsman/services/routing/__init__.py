"""One lead routed: fetch, decide, write."""
