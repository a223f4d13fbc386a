"""The demo: a sales floor, real-format leads over HTTP, and a table of what became of them."""

from pointsman.demo.runner import run_demo, start_demo_servers

__all__ = ["run_demo", "start_demo_servers"]
