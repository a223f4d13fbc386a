"""Every statement of the database's edge fits the schema, and what the service may do, whether or not a test runs it."""

import re

import psycopg
import pytest

from architecture.test_statements import statements
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.intake import refused_words
from pointsman.db.leads import lead_search
from pointsman.db.leads.statements import CREATE, FIND
from support.lists.plans import nodes_of


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


@pytest.mark.own_database  # whose tables were never analysed
@pytest.mark.parametrize(
    "statement",
    [
        CREATE,
        FIND,
        refused_words._FIND,
        refused_words._OF_LEAD,
        refused_words._BROUGHT_IN,
        refused_words._HAS_BROUGHT,
        lead_search._NAMED,
    ],
    ids=["made", "found", "refused", "of a lead", "with the number", "with the email", "named"],
)
def test_a_person_is_looked_for_by_indexes_when_there_are_no_leads_yet(
    database_url: str, statement: PreparedStatement
) -> None:
    """The plan is kept while their number grows."""
    text = statement.query.decode()
    numbers = {key: n for n, key in enumerate(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)), 1)}
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${numbers[found[1]]}", text)
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute("set local plan_cache_mode = force_generic_plan")
        connection.execute(f"prepare probe as {numbered}".encode())
        found = connection.execute(
            f"explain (format json) execute probe ({', '.join(['null'] * len(numbers))})".encode()
        ).fetchone()
        connection.rollback()
    assert found is not None
    read = {node["Relation Name"] for node in nodes_of(found[0][0]["Plan"]) if node["Node Type"] == "Seq Scan"}
    assert read.isdisjoint({"leads", "refused_words"})
