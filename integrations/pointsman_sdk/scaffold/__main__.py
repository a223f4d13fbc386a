"""`python -m pointsman_sdk.scaffold NAME [FOLDER]`: for authors who have the SDK alone."""

import sys
from pathlib import Path

from pointsman_sdk.scaffold.package import WrongName, write_package

USAGE = "python -m pointsman_sdk.scaffold NAME [FOLDER]\n"


def main(words: list[str]) -> int:
    """Write the package. 0: done; 1: it cannot be written there; 2: the words are wrong."""
    if len(words) not in (1, 2):
        sys.stderr.write(USAGE)
        return 2
    try:
        written = write_package(words[0], Path(words[1]) if len(words) == 2 else None)
    except (WrongName, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{path}\n" for path in written))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
