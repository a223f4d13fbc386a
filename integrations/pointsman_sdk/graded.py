"""The tier that a connector proved, as the kit wrote it into its package: a statement about the very code that was tested."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

TIER_FILE = "tier.json"
_LONGEST = 10_000  # bytes of a tier file


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What the kit of this version found: the tier's name, and the capabilities that were there."""

    tier: str
    kit: str
    capabilities: tuple[str, ...]


def code_of(package: Path) -> str:
    """A digest of all Python files of the package: another one for each change of them."""
    digest = sha256()
    for path in sorted(package.rglob("*.py")):
        for part in (path.relative_to(package).as_posix().encode(), path.read_bytes()):
            digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def write_tier(package: Path, graded: Graded) -> None:
    """Write the file, as the kit does after it ran."""
    told = {"tier": graded.tier, "kit": graded.kit, "capabilities": [*graded.capabilities], "code": code_of(package)}
    (package / TIER_FILE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def read_tier(package: Path) -> Graded | None:
    """What was found of this code. None where no kit ran, or where the code was changed since: then nothing is proven of it."""
    try:
        content = (package / TIER_FILE).read_bytes()
        told = parse_json(content) if len(content) <= _LONGEST else None
    except (OSError, Unreadable):
        return None
    match told:
        case {"tier": str(tier), "kit": str(kit), "capabilities": [*can], "code": str(code)} if code == code_of(
            package
        ):
            return Graded(tier=tier, kit=kit, capabilities=tuple(str(one) for one in can))
    return None
