"""DAViCal as Debian packages it: PHP in an Apache of our own, over an embedded PostgreSQL of its own.

Nothing of the machine's configuration is changed: Debian's /etc/davical/config.php names the database and no host, so that
libpq's own variables say where it is.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import psycopg
from sqlalchemy import make_url

from pointsman.local.os_account import OsAccount
from pointsman.local.postgres import EmbeddedPostgres
from support.programs.calendar_servers import PASSWORD, USER, RealServer, running
from support.programs.free_port import free_port

HTDOCS = Path("/usr/share/davical/htdocs")
DATABASE_SCRIPT = Path("/usr/share/davical/dba/create-database.sh")
APACHE_MODULES = Path("/usr/lib/apache2/modules")
OTHER_USER, OTHER_PASSWORD = "rep2", "other"
_MODULES = ("mpm_prefork", "authz_core", "dir")
_CONFIGURATION = """\
ServerRoot "{folder}"
ServerName 127.0.0.1
PidFile "{folder}/apache.pid"
DefaultRuntimeDir "{folder}"
Mutex file:{folder}
Listen 127.0.0.1:{port}
{modules}
LoadModule php_module {php}
{account}
StartServers 2
MaxRequestWorkers 16
ErrorLog "{folder}/log"
LogLevel warn
DocumentRoot "{htdocs}"
<Directory "{htdocs}">
  Require all granted
</Directory>
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
php_admin_value date.timezone UTC
php_admin_value memory_limit 512M
"""
#: Two users as the administrator's pages make them, who show each other busy times; ** before a password: as it is.
_USERS = """\
INSERT INTO usr (active, email_ok, updated, username, password, fullname, email)
    VALUES (true, current_date, current_date, %(name)s, '**' || %(password)s, %(name)s, %(name)s || '@example.com');
INSERT INTO principal (type_id, user_no, displayname, default_privileges)
    SELECT 1, user_no, fullname, privilege_to_bits('caldav:read-free-busy') FROM usr WHERE username = %(name)s;
"""


def missing() -> list[str]:
    """What is not installed of what DAViCal needs; nothing where it can run."""
    found = {
        "davical": (HTDOCS / "caldav.php").exists(),
        "libapache2-mod-php": _php_module() is not None,
        "apache2-bin": _program("apache2") is not None,
        "postgresql-client": _program("psql") is not None,
    }
    return [package for package, is_there in found.items() if not is_there]


def _php_module() -> Path | None:
    return next(iter(sorted(APACHE_MODULES.glob("libphp*.so"))), None)


def _program(name: str) -> str | None:
    return which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextmanager
def davical(folder: Path) -> Iterator[RealServer]:
    """A server with two users and no calendars, until the block ends."""
    postgres = EmbeddedPostgres(folder / "postgres", durable=False, database="template", connections=40)
    sockets = str(make_url(postgres.start()).query["host"])
    try:
        _make_database(sockets)
        account = OsAccount.for_server(folder / "postgres")
        with running(_apache(folder, sockets, account)) as server:
            yield server
    finally:
        postgres.remove()


def _make_database(sockets: str) -> None:
    where = {"PGHOST": sockets, "PGUSER": "postgres"}
    made = subprocess.run(
        ["sh", DATABASE_SCRIPT, "davical", PASSWORD],
        env=os.environ | where, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    with psycopg.connect(host=sockets, user="postgres", dbname="davical") as connection:
        for name, password in ((USER, PASSWORD), (OTHER_USER, OTHER_PASSWORD)):
            for statement in _USERS.split(";\n")[:2]:
                connection.execute(statement, {"name": name, "password": password})


def _apache(folder: Path, sockets: str, account: OsAccount) -> RealServer:
    port = free_port()
    modules = "\n".join(f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in _MODULES)
    user = f"User #{account.uid}\nGroup #{account.gid}" if account.drops_privileges else ""
    # In a group of its own: Apache ends its whole group with itself.
    program = ["setsid", "env", f"PGHOST={sockets}", _program("apache2") or "apache2"]
    configuration = folder / "apache.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, port=port, modules=modules, php=_php_module(), account=user, htdocs=HTDOCS)
    )
    return RealServer(
        name="DAViCal",
        folder=folder,
        port=port,
        command=[*program, "-f", str(configuration), "-DFOREGROUND"],
        home=f"/caldav.php/{USER}/",
        login=(USER, PASSWORD),
        root="/caldav.php/",
    )
