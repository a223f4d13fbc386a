-- The queue keeps its pace: what its hot statements cost does not grow with what waits, whatever the statistics say.
--
-- The queue is empty most of the time. A session keeps its plan of a statement, and one that was made over an empty
-- table reads and sorts all of a full one, for each job. So each statement has an index that gives it the next row, and
-- the settings of its function leave the planner no other way.

-- Due now, in order, in each queue. Jobs for later have an index of their own, so that they are not looked through.
create index pointsman_jobs_ready_idx on procrastinate_jobs (queue_name, priority desc, id)
    where status = 'todo' and scheduled_at is null;
create index pointsman_jobs_scheduled_idx on procrastinate_jobs (queue_name, scheduled_at)
    where status = 'todo' and scheduled_at is not null;
drop index procrastinate_jobs_priority_idx_v1;

-- The few jobs that have a lock, for "is an earlier one waiting or running?".
create index pointsman_jobs_lock_idx on procrastinate_jobs (lock)
    where lock is not null and status in ('todo', 'doing');
drop index procrastinate_jobs_id_lock_idx_v1;

create index pointsman_jobs_ended_idx on procrastinate_jobs (id) where status not in ('todo', 'doing');

-- As procrastinate's: the next job by priority and id, not before an earlier one with the same lock. Of jobs for later
-- the one that has been due longest competes. A worker asks for one queue, by its name: what waits in another is not read.
create or replace function procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint)
    returns procrastinate_jobs
    language plpgsql
    set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
    ready procrastinate_jobs;
    scheduled procrastinate_jobs;
    found_jobs procrastinate_jobs;
begin
    if cardinality(target_queue_names) is distinct from 1 then
        raise 'name one queue' using errcode = 'invalid_parameter_value';
    end if;
    select jobs.* into ready from procrastinate_jobs as jobs
    where jobs.status = 'todo' and jobs.scheduled_at is null
      and jobs.queue_name = target_queue_names[1]
      and (jobs.lock is null or not exists (
        select from procrastinate_jobs as other
        where other.lock = jobs.lock and other.status in ('todo', 'doing')
          and (other.status = 'doing' or other.priority > jobs.priority
               or (other.priority = jobs.priority and other.id < jobs.id))))
    order by jobs.priority desc, jobs.id limit 1
    for update of jobs skip locked;

    select jobs.* into scheduled from procrastinate_jobs as jobs
    where jobs.status = 'todo' and jobs.scheduled_at <= now()
      and jobs.queue_name = target_queue_names[1]
      and (jobs.lock is null or not exists (
        select from procrastinate_jobs as other
        where other.lock = jobs.lock and other.status in ('todo', 'doing')
          and (other.status = 'doing' or other.priority > jobs.priority
               or (other.priority = jobs.priority and other.id < jobs.id))))
    order by jobs.scheduled_at limit 1
    for update of jobs skip locked;

    update procrastinate_jobs set status = 'doing', worker_id = p_worker_id
    where id = case
        when scheduled.id is null or (-ready.priority, ready.id) < (-scheduled.priority, scheduled.id) then ready.id
        else scheduled.id end
    returning * into found_jobs;
    return found_jobs;
end $$;

-- A running job is found by its id, not by reading all that wait.
alter function procrastinate_finish_job_v1(bigint, procrastinate_job_status, boolean) set enable_seqscan = off;
alter function procrastinate_retry_job_v2(bigint, timestamptz, integer, character varying, character varying)
    set enable_seqscan = off;
alter function procrastinate_cancel_job_v1(bigint, boolean, boolean) set enable_seqscan = off;

-- What became of a job is written down where the job stays, and there alone: a job that was done is deleted. Each row
-- of events looks its job up, with a plan that the sender's session keeps: accepting a webhook would read the queue.
drop trigger procrastinate_trigger_status_events_insert_v1 on procrastinate_jobs;
drop trigger procrastinate_trigger_status_events_update_v1 on procrastinate_jobs;
drop trigger procrastinate_trigger_scheduled_events_v1 on procrastinate_jobs;
drop trigger procrastinate_trigger_abort_requested_events_v1 on procrastinate_jobs;
create trigger pointsman_jobs_ended after update of status on procrastinate_jobs
    for each row when (new.status not in ('todo', 'doing'))
    execute function procrastinate_trigger_function_status_events_update_v1();
