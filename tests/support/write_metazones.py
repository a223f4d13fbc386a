"""Write `pointsman_caldav/metazones.py` from CLDR's own data: `make zones` fetches them and calls this.

Usage: write_metazones.py FOLDER-OF-CLDR-CORE TARGET
"""

import json
import sys
from pathlib import Path

from babel.core import get_global

_HEAD = '''"""CLDR's metazones that are in use, and the zone that each stands for in the world at large.

From metaZones.json, territory 001. Made by `make zones` of CLDR {version}: do not edit.
"""

METAZONES = {{
'''


def metazones(folder: Path) -> dict[str, str]:
    """Every metazone that some zone has today, with the present name of its zone."""
    data = json.loads((folder / "supplemental" / "metaZones.json").read_text())["supplemental"]["metaZones"]
    whole = {one["mapZone"]["_other"]: one["mapZone"]["_type"] for one in data["metazones"] if _is_world(one)}
    in_use, present = set(get_global("meta_zones").values()), get_global("zone_aliases")
    return {name: present.get(zone, zone) for name, zone in sorted(whole.items()) if name in in_use}


def _is_world(one: dict[str, dict[str, str]]) -> bool:
    return one["mapZone"]["_territory"] == "001"


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    version = json.loads((source / "package.json").read_text())["version"]
    rows = "".join(f'    "{name}": "{zone}",\n' for name, zone in metazones(source).items())
    target.write_text(f"{_HEAD.format(version=version)}{rows}}}\n")
