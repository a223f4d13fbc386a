"""A reader whose module leaves its process no descriptor beyond those that it has. Only a child imports it."""

import resource

resource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def text(data: bytes) -> str:
    return data.decode()
