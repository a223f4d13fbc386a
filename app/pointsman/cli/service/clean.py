"""`python -m pointsman.cli.service.clean FOLDER [--own-floor]`: what `make clean` does with servers and their state."""

import sys
from pathlib import Path

from pointsman.cli.terminal.told_errors import refuse_told
from pointsman.local.clean import clean
from pointsman.local.errors import LocalServerError

_OWN_FLOOR = "--own-floor"

if __name__ == "__main__":
    try:
        clean(Path(sys.argv[1]), own_floor=_OWN_FLOOR in sys.argv[2:])
    except LocalServerError as error:
        refuse_told(error.message)
