"""A server without an extension that the schema needs: its name and the way to install it are said."""

import psycopg
import pytest

from pointsman.db.engine.extensions import ExtensionsMissing, require_extensions
from support.databases.roles import for_libpq


def test_a_missing_extension_is_named_with_what_to_install(shared_database_url: str) -> None:
    needed = {"pg_trgm": "finds names", "no_such_extension": "does something"}
    with psycopg.connect(for_libpq(shared_database_url)) as connection:
        require_extensions(connection)
        with pytest.raises(ExtensionsMissing, match=r"lacks no_such_extension\. Install PostgreSQL's contrib modules"):
            require_extensions(connection, needed)
