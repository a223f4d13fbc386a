"""The database's roles: owner, service and retention, and the logins that are their members (decision 6).

The owner owns every table and guard, and has no login: a migration takes its part. The service reads and writes what it
must, and can neither switch a guard off nor change history. A server's databases share the roles.
"""

import contextlib
from typing import LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict

OWNER: LiteralString = "pointsman_owner"
SERVICE: LiteralString = "pointsman_service"
RETENTION: LiteralString = "pointsman_retention"

#: The logins that `--sql-roles` names where no setting does.
MIGRATION_LOGIN = "pointsman_migrate"
SERVICE_LOGIN = "pointsman_app"

#: Makes what is missing, and asks for no right where nothing is. Two databases of a server may do it at once.
#: No temporary tables: in a session they stand before the real ones, for every statement that follows.
MAKE_ROLES: LiteralString = """
do $$
declare
    v_role text;
begin
    foreach v_role in array array['pointsman_owner', 'pointsman_service', 'pointsman_retention'] loop
        if not exists (select from pg_roles where rolname = v_role) then
            begin
                execute format('create role %I nologin', v_role);
                if v_role = 'pointsman_owner' and not (select rolsuper from pg_roles where rolname = current_user) then
                    execute format('grant pointsman_owner to %I', current_user);
                end if;
            exception when duplicate_object or unique_violation then
                null;  -- made by another at this moment
            end;
        end if;
    end loop;
    if not has_database_privilege('pointsman_owner', current_database(), 'create') then
        execute format('grant create on database %I to pointsman_owner', current_database());
    end if;
    if not has_schema_privilege('pointsman_owner', current_schema(), 'create') then
        execute format('grant usage, create on schema %I to pointsman_owner', current_schema());
    end if;
    foreach v_role in array array['pointsman_service', 'pointsman_retention'] loop
        if not has_schema_privilege(v_role, current_schema(), 'usage') then
            execute format('grant usage on schema %I to %I', current_schema(), v_role);
        end if;
    end loop;
    if has_schema_privilege('public', current_schema(), 'create') then
        execute format('revoke create on schema %I from public', current_schema());
    end if;
    if has_database_privilege('public', current_database(), 'temporary') then
        execute format('revoke temporary on database %I from public', current_database());
    end if;
end $$
"""
#: A login and its group, each as a quoted text in the place of its name.
MAKE_LOGIN: LiteralString = """
do $$
begin
    if not exists (select from pg_roles where rolname = 'THE_LOGIN') then
        execute format('create role %I login', 'THE_LOGIN');
    end if;
    execute format('grant %I to %I', 'THE_GROUP', 'THE_LOGIN');
end $$
"""
_FIND_LOGIN = "select pg_has_role(rolname, %s, 'member') from pg_roles where rolname = %s"
_SEAL_LOGIN = "select format('alter role %%I password %%L', %s::text, %s::text)"


class SameLogin(Exception):
    """One login would be the owner and the service; the text is its name."""


def roles_sql(*, migration_url: str | None, service_url: str | None) -> str:
    """What an administrator runs in an empty database where migrations may not make roles; logins get no password.

    Raises SameLogin.
    """
    logins = ((_login(migration_url) or MIGRATION_LOGIN, OWNER), (_login(service_url) or SERVICE_LOGIN, SERVICE))
    if logins[0][0] == logins[1][0]:
        raise SameLogin(logins[0][0])
    return "\n".join(
        [
            "-- As an administrator, in Pointsman's own database. It may be run again.",
            f"{MAKE_ROLES.strip()};",
            "-- The logins of POINTSMAN_MIGRATION_DATABASE_URL and POINTSMAN_DATABASE_URL.",
            r"-- Give them passwords: in psql, \password NAME.",
            *(f"{_login_sql(name, group).strip()};" for name, group in logins),
        ]
    )


def restore_roles(url: str) -> None:
    """Close a restored database to the public again: a dump keeps no right on the database itself.

    It is left as it is where this login may not mend it; `doctor` says it then.
    """
    with (
        psycopg.connect(_for_libpq(url), autocommit=True, connect_timeout=10) as connection,
        contextlib.suppress(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(MAKE_ROLES)


def ensure_service_login(migration_url: str, service_url: str) -> None:
    """Let the login of `service_url` serve: make it where it is missing, with that URL's password, and a member.

    Nothing is done where one login does both. Raises psycopg.errors.InsufficientPrivilege where the migration's login may
    not do it.
    """
    given = conninfo_to_dict(_for_libpq(service_url))
    name, password = str(given.get("user") or ""), str(given.get("password") or "")
    if not name or name == _login(migration_url):
        return
    with psycopg.connect(_for_libpq(migration_url), autocommit=True, connect_timeout=10) as connection:
        found = connection.execute(_FIND_LOGIN, (SERVICE, name)).fetchone()
        if found is None or not found[0]:
            try:
                connection.execute(_login_sql(name, SERVICE).encode())
            except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                connection.execute(_login_sql(name, SERVICE).encode())  # made by another at this moment
        if found is None and password:  # sealed here, so that no log of the server shows it
            sealed = connection.pgconn.encrypt_password(password.encode(), name.encode()).decode()
            written = connection.execute(_SEAL_LOGIN, (name, sealed)).fetchone()
            connection.execute(str(written[0] if written else "").encode())


def _login_sql(name: str, group: str) -> str:
    return MAKE_LOGIN.replace("THE_LOGIN", name.replace("'", "''")).replace("THE_GROUP", group)


def _login(url: str | None) -> str | None:
    user = conninfo_to_dict(_for_libpq(url)).get("user") if url else None
    return str(user) if user else None


def _for_libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
