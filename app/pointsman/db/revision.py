"""The revision of the schema that this release needs: the newest in `migrations/versions`.

Written here too, so that a process that serves or works need not import Alembic to know it: that took a tenth of its start.
"""

HEAD_REVISION = "0136"


def is_newer(revision: str) -> bool:
    """Whether a later release has migrated the database, as while that one is rolled out or back: this one serves there."""
    return revision.isdecimal() and len(revision) == len(HEAD_REVISION) and revision > HEAD_REVISION
