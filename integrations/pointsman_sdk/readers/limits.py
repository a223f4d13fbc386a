"""What one reading may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one reading; whatever crosses one ends it. Memory is what the reading adds to an idle process."""

    input_bytes: int = 1_000_000
    output_bytes: int = 4_000_000  # of the result as JSON
    memory_bytes: int = 256_000_000
    seconds: float = 1.2  # on the clock, from when a process begins to read
    cpu_seconds: int | None = None  # of processor time; the next whole second after `seconds` where it is None
    wait_seconds: float = 0.5  # until a process is free; then the caller hears ReadersBusy
