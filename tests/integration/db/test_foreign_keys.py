"""A foreign key's own side has an index: without one, each look from what it refers to reads the whole table."""

import psycopg

from support.databases.roles import for_libpq

#: An index serves that begins with the key's first column. A partial one over what is not null does, too: what is null
#: refers to nothing. The queue's tables are another's.
WITHOUT_INDEX = """
select c.conrelid::regclass::text || '.' || a.attname
from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
where c.contype = 'f' and c.connamespace = 'public'::regnamespace
  and not starts_with(c.conrelid::regclass::text, 'procrastinate_')
  and not exists (
    select from pg_index i
    where i.indrelid = c.conrelid and i.indisvalid and i.indkey[0] = c.conkey[1]
      and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = '(' || a.attname || ' IS NOT NULL)'))
order by 1
"""


def found(url: str) -> list[str]:
    with psycopg.connect(for_libpq(url)) as connection:
        return [name for (name,) in connection.execute(WITHOUT_INDEX)]


def test_every_foreign_key_has_an_index(shared_database_url: str) -> None:
    assert found(shared_database_url) == []
