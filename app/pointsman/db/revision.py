"""The revision of the schema that this release needs: the newest in `migrations/versions`.

Written here too, so that a process that serves or works need not import Alembic to know it: that took a tenth of its start.
"""

HEAD_REVISION = "0103"
