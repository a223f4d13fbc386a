"""The two ways into a test's database: as the service, which every test is given, and as the owner, for what only the
owner may do.

`database_url` and `shared_database_url` are the service's: what a test does with them, also by raw SQL, the application
could do. A test that must change tables, go past a guard or delete history asks for the fixture `owner_url`, for
`as_owner(url)`, or for `World.owner_rows`; it says so by that.
"""

import hashlib

from sqlalchemy import URL, make_url

SERVICE_LOGIN = "pointsman_test_service"

_administrations: list[URL] = []


def use_server(administration: URL) -> None:
    """From now on `as_service` and `as_owner` are for databases of this server."""
    _administrations[:] = [administration]


def service_password() -> str:
    """Of `SERVICE_LOGIN`: the same for all who know the server's own, and for no one else."""
    return hashlib.sha256(written(_administrations[0]).encode()).hexdigest()


def as_service(database: str) -> str:
    """The URL of a database for the login that serves."""
    url = _administrations[0].set(drivername="postgresql+psycopg", database=database, username=SERVICE_LOGIN)
    return written(url.set(password=service_password()))


def as_owner(url: str) -> str:
    """The URL of the same database for the server's administrator, who may do everything."""
    return written(_administrations[0].set(drivername="postgresql+psycopg", database=make_url(url).database))


def for_libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def written(url: URL) -> str:
    """SQLAlchemy writes a space in the socket's folder as +, which libpq takes for a plus."""
    head, mark, query = url.render_as_string(hide_password=False).partition("?")
    return head + mark + query.replace("+", "%20")
