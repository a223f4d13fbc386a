"""As much of curl as the admin's guide uses, for machines without it: `[-sS] [-H …] [-d …] [--data-binary @F] [-o F] URL`."""

import argparse
import sys
from pathlib import Path
from urllib import error, request


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-sS", action="store_true")
    parser.add_argument("-H", action="append", default=[], dest="headers")
    parser.add_argument("-d", "--data-binary", dest="data")
    parser.add_argument("-o", type=Path, dest="out")
    parser.add_argument("url")
    given = parser.parse_args()
    data = None if given.data is None else given.data.encode()
    if data and data.startswith(b"@"):
        data = Path(given.data[1:]).read_bytes()
    asked = request.Request(given.url, data=data, headers=dict(header.split(": ", 1) for header in given.headers))
    try:
        with request.build_opener(request.ProxyHandler({})).open(asked, timeout=60) as answer:
            body = answer.read()
    except error.HTTPError as refused:
        body = refused.read()
    if given.out:
        given.out.write_bytes(body)
    else:
        sys.stdout.buffer.write(body)


if __name__ == "__main__":
    main()
