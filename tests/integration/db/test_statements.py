"""Every statement of the database's edge fits the schema, and what the service may do, whether or not a test runs it."""

import re

import psycopg

from architecture.test_statements import statements


def test_the_service_can_run_every_statement(database_url: str) -> None:
    refused = {}
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("set plan_cache_mode = force_generic_plan")
        for name, text in statements():
            numbers = {key: n for n, key in enumerate(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)), 1)}
            numbered = re.sub(r"%\((\w+)\)s", lambda found, known=numbers: f"${known[found[1]]}", text)
            try:
                connection.execute(f"prepare probe as {numbered}".encode())
                # Planned for any values, and begun, which asks for the rights to its tables; nothing is written.
                values = f"({', '.join(['null'] * len(numbers))})" if numbers else ""
                connection.execute(f"explain execute probe{values}".encode())
                connection.execute("deallocate probe")
            except psycopg.Error as error:
                refused[name] = str(error)
    assert refused == {}
