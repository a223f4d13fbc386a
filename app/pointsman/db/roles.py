"""The database's roles: owner, service and retention, and the logins that are their members (decision 6).

The owner owns every table and guard, and has no login: a migration takes its part. The service reads and writes what it
must, and can neither switch a guard off nor change history. A server's databases share the roles.
"""

from typing import LiteralString

import psycopg
from psycopg import sql
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
_FIND_LOGIN = "select pg_has_role(rolname, %s, 'member') from pg_roles where rolname = %s"


def roles_sql(*, migration_url: str | None, service_url: str | None) -> str:
    """What an administrator runs in an empty database where migrations may not make roles; logins get no password."""
    logins = ((_login(migration_url) or MIGRATION_LOGIN, OWNER), (_login(service_url) or SERVICE_LOGIN, SERVICE))
    lines = [
        "-- As an administrator, in Pointsman's own database. It may be run again.",
        MAKE_ROLES.strip() + ";",
        "",
        "-- Logins, to be named in POINTSMAN_MIGRATION_DATABASE_URL and POINTSMAN_DATABASE_URL. Give them passwords:",
        r"-- \password NAME in psql.",
    ]
    for name, group in logins:
        is_missing = f"not exists (select from pg_roles where rolname = {_quoted_text(name)})"
        lines.append(f"do $$ begin if {is_missing} then create role {_quoted(name)} login; end if; end $$;")
        lines.append(f"grant {group} to {_quoted(name)};")
    return "\n".join(lines)


def ensure_service_login(migration_url: str, service_url: str) -> None:
    """Let the login of `service_url` serve: make it where it is missing, with that URL's password, and a member.

    Nothing is done where one login does both. Raises psycopg.errors.InsufficientPrivilege where the migration's login may
    not do it.
    """
    given = conninfo_to_dict(_for_libpq(service_url))
    name, password = given.get("user"), given.get("password")
    if not name or name == _login(migration_url):
        return
    with psycopg.connect(_for_libpq(migration_url), autocommit=True, connect_timeout=10) as connection:
        found = connection.execute(_FIND_LOGIN, (SERVICE, name)).fetchone()
        if found is None:
            _make_login(connection, str(name), str(password) if password else None)
        if found is None or not found[0]:
            grant = sql.SQL("grant {} to {}").format(sql.Identifier(SERVICE), sql.Identifier(str(name)))
            connection.execute(grant)


def _make_login(connection: psycopg.Connection, name: str, password: str | None) -> None:
    make = sql.SQL("create role {} login").format(sql.Identifier(name))
    if password:  # sealed here, so that no log of the server shows it
        sealed = connection.pgconn.encrypt_password(password.encode(), name.encode()).decode()
        make += sql.SQL(" password {}").format(sql.Literal(sealed))
    try:
        connection.execute(make)
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # made by another at this moment


def _login(url: str | None) -> str | None:
    user = conninfo_to_dict(_for_libpq(url)).get("user") if url else None
    return str(user) if user else None


def _for_libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
