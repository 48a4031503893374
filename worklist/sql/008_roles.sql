-- Who may do what, in the database too: a login role for each role of people. worklistd connects as hemo_app and becomes
-- that role for the length of a request; row security binds what is written to the person (setting hemo.person).
-- The roles are made by worklist/cluster (worklist/README.md has the statements for a server of one's own).

do $$
declare missing text;
begin
    select string_agg(r, ', ') into missing from unnest(array['hemo_technologist', 'hemo_reader', 'hemo_validator',
        'hemo_administrator', 'hemo_service']) r where not exists (select from pg_roles where rolname = r);
    if missing is not null then
        raise exception 'no database role % (want: worklist/cluster start, or see worklist/README.md)', missing;
    end if;
end $$;

alter table app_user drop constraint app_user_role_check;
alter table app_user
    add check (role in ('technologist', 'reader', 'validator', 'administrator', 'service')),
    add column active boolean not null default true;
alter table session add column role text; -- a session is of a user in a role: another role, no session
update session set role = u.role from app_user u where u.name = user_name;
alter table session alter column role set not null;
grant update (role, active) on app_user to hemo_app;

-- All may read what the interface shows, nobody a password or a session.
grant usage on schema public to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;
grant select on study, worklist_version, lab_case, epoch, event, measurement, finding, study_move, journal_position,
    quarantine, command, command_link, audit, lab_setting, room_stream, schema_migration, study_view, room_view,
    measurement_view, move_view, audit_view, replayed_order, request
    to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;
grant select (name, role, active, created_at) on app_user
    to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;
grant insert on audit, request
    to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;

-- Moves of the list.
grant insert on study_move to hemo_technologist, hemo_reader, hemo_service;
grant update on worklist_version to hemo_technologist, hemo_reader, hemo_service;
grant update (tier, read_by, pinned, reason, changed_at, from_position) on study to hemo_service;
grant update (tier, read_by, pinned, reason, changed_at, from_position, status, held, manual_tier, manual_by,
    manual_why, manual_at) on study to hemo_technologist;
grant update (tier, read_by, pinned, reason, changed_at, from_position, status, held, manual_tier, manual_by,
    manual_why, manual_at, acknowledged_by, acknowledged_at, acknowledged_tier) on study to hemo_reader;
grant update (closed_at) on finding to hemo_reader;
grant insert on study to hemo_technologist, hemo_service;

-- Cases and commands.
grant insert on lab_case, command to hemo_technologist;
grant update (closed_at) on lab_case to hemo_technologist;
grant usage on sequence case_counter to hemo_technologist;

-- Decisions.
grant update (current_values, state, version, digest, decided_by, decided_at, reason, verified_by, verified_at,
    amended_at) on measurement to hemo_technologist, hemo_reader;

-- Administration.
grant insert (name, role, password_hash) on app_user to hemo_administrator;
grant update (role, active, password_hash) on app_user to hemo_administrator;
grant select (user_name), delete on session to hemo_administrator;
grant insert, update on room_stream to hemo_administrator;
grant insert on command to hemo_administrator;
grant update (value) on lab_setting to hemo_administrator;

create function person() returns text language sql stable parallel safe as
$$ select coalesce(nullif(current_setting('hemo.person', true), ''), '(nobody)') $$;

alter table audit enable row level security;
create policy all_read on audit for select using (true);
create policy worklistd_appends on audit for insert to hemo_app with check (true);
create policy own_name on audit for insert
    to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service with check (who = person());

alter table request enable row level security;
create policy worklistd_keeps on request to hemo_app using (true) with check (true);
create policy own_requests on request
    to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service
    using (user_name = person()) with check (user_name = person());

alter table study_move enable row level security;
create policy all_read on study_move for select using (true);
create policy worklistd_moves on study_move for insert to hemo_app with check (true);
create policy own_moves on study_move for insert to hemo_technologist, hemo_reader, hemo_service
    with check (by_whom = person() and event is null);

alter table measurement enable row level security;
create policy all_read on measurement for select using (true);
create policy worklistd_stores on measurement for insert to hemo_app with check (true);
create policy worklistd_decides on measurement for update to hemo_app using (true) with check (true);
-- A technologist decides in her own name and verifies nothing; a cardiologist verifies or amends in his.
create policy technologist_decides on measurement for update to hemo_technologist
    using (true) with check (verified_by is null and coalesce(decided_by, person()) = person());
create policy reader_verifies on measurement for update to hemo_reader
    using (state in ('accepted', 'adjusted')) with check (
        verified_by = person() or (verified_by is null and amended_at = now() and decided_by = person()));
