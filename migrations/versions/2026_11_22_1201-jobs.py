"""The job queue: procrastinate's own schema, as its release 3.10 ships it.

tests/integration/db/test_jobs_schema.py compares this copy with the installed release, so that an
upgrade cannot be forgotten. procrastinate is MIT licensed, copyright PeopleDoc and contributors.
"""

from pathlib import Path

from alembic import op

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).with_name("procrastinate_3_10.sql")
PACE = Path(__file__).with_name("queue_pace.sql")


def upgrade() -> None:
    for file in (SCHEMA, PACE):
        op.execute(file.read_text(encoding="utf-8").replace(":", r"\:"))
    # A NOTIFY makes commits wait for one another, disk flush included: accepting webhooks fell from 1,900 to 300 a
    # second, measured with 16 connections. The worker looks five times a second instead.
    op.execute("drop trigger procrastinate_jobs_notify_queue_job_inserted_v1 on procrastinate_jobs")


def downgrade() -> None:
    op.execute(
        """
        drop table procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
            procrastinate_workers cascade;
        do $$
        declare thing record;
        begin
            for thing in
                select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                where n.nspname = current_schema() and p.proname like 'procrastinate%'
            loop
                execute 'drop function ' || thing.name || ' cascade';
            end loop;
        end $$;
        drop type procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type cascade;
        """.replace("::", r"\:\:").replace(":=", r"\:=")
    )
