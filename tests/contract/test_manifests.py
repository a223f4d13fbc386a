"""What the connectors that come along say of themselves."""

from pathlib import Path

import pytest

import pointsman_caldav
import pointsman_google
import pointsman_hubspot
import pointsman_memory
import pointsman_microsoft
import pointsman_smtp
from pointsman_sdk import Manifest

OURS = "https://github.com/pointsman/pointsman/blob/main/"
ROOT = Path(__file__).parents[2]
MANIFESTS = [
    one.MANIFEST
    for one in (
        pointsman_caldav,
        pointsman_google,
        pointsman_hubspot,
        pointsman_memory,
        pointsman_microsoft,
        pointsman_smtp,
    )
]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: one.name)
def test_a_connectors_page_is_one_of_ours_and_is_there(manifest: Manifest) -> None:
    assert manifest.docs.startswith(OURS)
    assert (ROOT / manifest.docs.removeprefix(OURS)).is_file()
