"""`pointsman work`, but what failed waits at most so many seconds for its next try: a fault run ends on the same day.

    python benchmarks/quick_worker.py SECONDS

Everything else is as it is: the wait doubles from five seconds on, and a connection's own waits are what they are.
"""

import sys
from datetime import timedelta

from pointsman.cli.service.work import work
from pointsman.domain.backoff import retry_delay

if __name__ == "__main__":
    assert retry_delay.__kwdefaults__ is not None, "its longest wait has a default"
    retry_delay.__kwdefaults__["longest"] = timedelta(seconds=float(sys.argv[1]))
    work(concurrency=None)
