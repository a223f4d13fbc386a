"""Every statement of the database's edge fits the schema, whether or not a test happens to run it."""

import re

import psycopg

from architecture.test_statements import statements


def test_the_database_can_plan_every_statement(database_url: str) -> None:
    refused = {}
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        for name, text in statements():
            numbers = {key: n for n, key in enumerate(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)), 1)}
            numbered = re.sub(r"%\((\w+)\)s", lambda found, known=numbers: f"${known[found[1]]}", text)
            try:
                connection.execute(f"prepare probe as {numbered}".encode())
                connection.execute("deallocate probe")
            except psycopg.Error as error:
                refused[name] = str(error)
    assert refused == {}
