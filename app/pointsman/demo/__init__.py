"""The demo: a sales floor, real-format leads over HTTP, and a table of what became of them."""

from pointsman.demo.show import demo_calendars, run

__all__ = ["demo_calendars", "run"]
