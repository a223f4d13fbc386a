"""`python -m pointsman_smtp.fake --port 8025 --control-port 8026`."""

import argparse
from contextlib import suppress

from pointsman_smtp.fake import run


def main() -> None:
    """Run the fake with the ports of the command line."""
    parser = argparse.ArgumentParser(prog="python -m pointsman_smtp.fake", description="A mail server with a mailbox.")
    parser.add_argument("--port", type=int, default=8025, help="where it takes mail")
    parser.add_argument("--control-port", type=int, default=None, help="where it tells what it took")
    asked = parser.parse_args()
    with suppress(KeyboardInterrupt):
        run(asked.port, asked.control_port)


if __name__ == "__main__":
    main()
