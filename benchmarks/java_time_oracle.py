"""Do wall clocks mean the same to Pointsman as to java.time, around every clock change from 2024 to 2035?

    python benchmarks/java_time_oracle.py [--zones Europe/Berlin ...]

Needs Java's `jshell`, and nothing else. java.time brings its own copy of the time zone database and its own rules; both
editions are printed, since a difference may be one of editions. Every minute from 00:00 to 06:00 of the day of each change
and of its neighbours is compared, and for a zone without changes the first of each month: the instant that it is, and
which of them a grid of 15 minutes has.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib import metadata
from pathlib import Path

from pointsman.domain.dates.local_time import grid_of_day, local_to_utc

ZONES = (
    "Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/London",
    "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
)  # fmt: skip

GRID = 15

JAVA = """
import java.time.*; import java.time.zone.*; import java.util.*;
void ask(String zone) {
  ZoneRules rules = ZoneId.of(zone).getRules();
  TreeSet<LocalDate> days = new TreeSet<>();
  Instant at = Instant.parse("2024-01-01T00:00:00Z"), last = Instant.parse("2036-01-01T00:00:00Z");
  int changes = 0;
  while (true) {
    ZoneOffsetTransition change = rules.nextTransition(at);
    if (change == null || !change.getInstant().isBefore(last)) break;
    LocalDate day = change.getDateTimeBefore().toLocalDate();
    for (int n = -1; n < 2; n++) days.add(day.plusDays(n));
    changes++;
    at = change.getInstant();
  }
  if (changes == 0) for (LocalDate d = LocalDate.of(2024, 1, 1); d.getYear() < 2036; d = d.plusMonths(1)) days.add(d);
  System.out.println("zone " + zone + " " + changes + " " + ZoneRulesProvider.getVersions(zone).lastEntry().getKey());
  StringBuilder out = new StringBuilder();
  for (LocalDate day : days)
    for (int minute = 0; minute < 360; minute++) {
      LocalDateTime wall = day.atStartOfDay().plusMinutes(minute);
      List<ZoneOffset> offsets = rules.getValidOffsets(wall);
      Instant found = offsets.isEmpty() ? rules.getTransition(wall).getInstant() : wall.toInstant(offsets.get(0));
      out.append(String.join(" ", "wall", wall.toString(), "" + found.getEpochSecond(), "" + offsets.size(), "\\n"));
    }
  System.out.print(out);
}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", nargs="+", default=ZONES, choices=ZONES, metavar="ZONE")
    given = parser.parse_args()
    jshell = shutil.which("jshell")
    if jshell is None:
        print(
            "Skipped: there is no jshell here. It comes with a Java development kit (Debian: openjdk-17-jdk-headless)."
        )
        return 0
    print(f"Pointsman reads edition {edition()} of the time zones.")
    walls = wrong = changes = 0
    days: dict[tuple[str, date], list[datetime]] = {}
    zone = theirs = ""
    for line in answers(jshell, given.zones):
        kind, *words = line.split()
        if kind == "zone":
            zone, here, theirs = words[0], int(words[1]), words[2]
            changes += here
            print(f"{zone}: {here} changes by java.time's edition {theirs}")
        elif kind == "wall":
            local, at, shown = (
                datetime.fromisoformat(words[0]),
                datetime.fromtimestamp(int(words[1]), UTC),
                words[2] != "0",
            )
            walls += 1
            wrong += differs(f"{zone} {local}", local_to_utc(local.date(), local.time(), zone), at)
            grid = days.setdefault((zone, local.date()), [])
            if shown and local.minute % GRID == 0:
                grid.append(at)
    if theirs != edition():
        print(f"The editions differ ({edition()} here, {theirs} there): what disagrees may be no fault of either.")
    for (zone, day), grid in days.items():
        end = local_to_utc(day, time(6), zone)
        ours = [at for at in grid_of_day(day, zone, timedelta(minutes=GRID)) if at < end]
        wrong += differs(f"{zone} {day}, grid of {GRID} minutes", ours, grid)
    compared = walls + len(days)
    print(f"{compared - wrong} of {compared} agree ({walls} wall times, {len(days)} grids of a night), ", end="")
    print(f"around {changes} clock changes in {len(given.zones)} zones.")
    return 1 if wrong or not compared else 0


def answers(jshell: str, zones: list[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "ask.jsh"
        script.write_text(JAVA + "".join(f'ask("{zone}");\n' for zone in zones) + "/exit\n")
        words = [jshell, "--execution", "local", "-s", str(script)]
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=600).stdout.splitlines()


def differs(what: str, ours: object, theirs: object) -> bool:
    if ours != theirs:
        print(f"  {what}: {ours} here, {theirs} there")
    return ours != theirs


def edition() -> str:
    for folder in zoneinfo.TZPATH:
        said = Path(folder) / "tzdata.zi"
        if said.exists():
            return said.read_text().split("\n", 1)[0].removeprefix("# version ")
    return metadata.version("tzdata")


if __name__ == "__main__":
    sys.exit(main())
