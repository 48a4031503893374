-- Silent, assistive, integrated: for a room (0: all) and a procedure ('': all). Each change is a row; the newest of the
-- most exact key counts. A lab that already used its list stays as it was; a new one begins silent.

create table lab_mode (
    id bigint generated always as identity primary key,
    room integer not null check (room >= 0),
    procedure text not null,
    mode text not null check (mode in ('silent', 'assistive', 'integrated')),
    why text not null,
    by_whom text not null,
    at timestamptz not null default now()
);
create index mode_of_key on lab_mode (room, procedure, id);
insert into lab_mode (room, procedure, mode, why, by_whom)
    select 0, '', case when exists (select from study) then 'integrated' else 'silent' end, 'at the beginning', 'schema';
create trigger mode_only_grows before update or delete on lab_mode for each row execute function only_grows();
grant select, insert on lab_mode to hemo_app;
grant select on lab_mode to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;
grant insert on lab_mode to hemo_administrator;
alter table lab_mode enable row level security;
create policy all_read on lab_mode for select using (true);
create policy worklistd_sets on lab_mode for insert to hemo_app with check (true);
create policy own_changes on lab_mode for insert to hemo_administrator with check (by_whom = person());

alter table study
    add column procedure text not null default '',
    add column would_tier smallint check (would_tier between 0 and 2), -- assistive: what the findings would do
    add column would_read_by timestamptz,
    add column would_position integer,
    add column would_reason text;
alter table finding add column mode text not null default 'integrated'
    check (mode in ('silent', 'assistive', 'integrated')); -- only an integrated one moves its study

create function mode_of(in_room integer, in_procedure text) returns text language sql stable as $$
    select mode from lab_mode where room in (0, in_room) and procedure in ('', in_procedure)
    order by (room <> 0) desc, (procedure <> '') desc, id desc limit 1
$$;
create function study_mode(s study) returns text language sql stable as $$
    select mode_of(coalesce((select c.room from lab_case c where c.study = s.id
        order by c.closed_at is null desc, c.opened_at desc limit 1), 0), s.procedure)
$$;
create function case_mode(in_number bigint) returns text language sql stable as $$
    select mode_of(coalesce(max(c.room), 0), coalesce(max(s.procedure), ''))
    from lab_case c left join study s on s.id = c.study where c.number = in_number and c.number > 0
$$;

create view mode_view as
select room, procedure, json_build_object('room', room, 'procedure', procedure, 'mode', mode, 'why', why,
    'by', by_whom, 'at', iso(at)) as body
from (select distinct on (room, procedure) * from lab_mode order by room, procedure, id desc) m;
grant select on mode_view to hemo_app, hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;

create or replace function study_body(s study, place bigint) returns json language sql stable as $$
    select json_build_object('study', s.id, 'position', place,
        'tier', (array['routine', 'urgent', 'critical'])[s.tier + 1], 'pinned', s.pinned,
        'patient_name', s.patient_name, 'patient_id', s.patient_id, 'accession', s.accession,
        'study_uid', s.study_uid, 'description', s.description, 'procedure', s.procedure, 'status', s.status,
        'room', c.room, 'case', c.number, 'arrived_at', iso(s.arrived_at), 'read_by', iso(s.read_by),
        'reason', s.reason, 'next_rule', next_rule(s),
        'changed_at', iso(s.changed_at), 'from_position', s.from_position,
        'acknowledged_by', s.acknowledged_by, 'acknowledged_at', iso(s.acknowledged_at),
        'held', s.held, 'manual_tier', (array['routine', 'urgent', 'critical'])[s.manual_tier + 1],
        'manual_by', s.manual_by, 'manual_why', s.manual_why, 'mode', study_mode(s),
        'would', case when s.would_tier is not null then json_build_object(
            'tier', (array['routine', 'urgent', 'critical'])[s.would_tier + 1], 'read_by', iso(s.would_read_by),
            'position', s.would_position, 'reason', s.would_reason) end)
    from (values (1)) one left join lab_case c on c.study = s.id and c.closed_at is null
$$;

-- What would move it next, by findings that may move it.
create or replace function next_rule(s study) returns text language sql stable as $$
    select case
        when s.pinned then 'pinned by a person: stays on top until unpinned'
        when s.held then 'held by ' || s.manual_by || ': no finding moves it until released'
        when s.manual_tier is not null then 'tier set by ' || s.manual_by || ': stands until released'
        when f.open > 0 then case when s.tier = 2 then 'back' else 'up with a critical finding; back' end
            || ' when ' || case when f.open = 1 then 'its finding recovers and stays so for '
            else 'its ' || f.open || ' findings recover and stay so for ' end
            || (select value from lab_setting where name = 'recovered_hold_s') || ' s'
        when f.held_until is not null then 'recovered: back at ' || to_char(f.held_until at time zone 'UTC', 'HH24:MI:SS')
            || 'Z unless it worsens'
        when study_mode(s) <> 'integrated' then 'stands by arrival: no finding moves it in mode ' || study_mode(s)
            || '; read within ' || s.longest_wait_min || ' min of its arrival'
        else 'up with an urgent or critical finding; read within ' || s.longest_wait_min || ' min of its arrival' end
    from (select count(*) filter (where closed_at is null) as open, max(holds_until) as held_until
          from finding where study = s.id and mode = 'integrated') f
$$;

create or replace view measurement_view as
select m.id, m.case_number, m.received_at,
    json_build_object('id', encode(m.id, 'hex'), 'case', m.case_number, 'room', m.room, 'site', m.site,
        'phase', m.phase, 'values', m.current_values::json, 'beats', m.beats::json, 'left_out', m.left_out::json,
        'from_at', iso(m.from_at), 'to_at', iso(m.to_at), 'quality', m.quality, 'method', m.method,
        'rule_version', m.rule_version, 'at', iso(m.at), 'state', m.state, 'version', m.version,
        'digest', m.digest, 'machine_values', m.machine_values::json, 'by', m.decided_by,
        'decided_at', iso(m.decided_at), 'reason', m.reason, 'verified_by', m.verified_by,
        'verified_at', iso(m.verified_at), 'amended_at', iso(m.amended_at),
        'transducer', m.transducer, 'mode', case_mode(m.case_number)) as body
from measurement m;

create or replace view room_view as
select rs.room, rs.stream, e.epoch is not null as heard,
    json_build_object('room', rs.room, 'stream', rs.stream, 'epoch', coalesce(e.epoch, 0),
        'case', coalesce(e.case_number, 0), 'study', c.study, 'origin', coalesce(e.origin, 'live'),
        'speed_percent', coalesce(e.speed_percent, 100), 'name', coalesce(e.name, rs.name),
        'base_rate_hz', coalesce(e.base_rate_hz, 0), 'channels', coalesce(e.channels, '[]')::json,
        'last_event_at', iso((select max(v.at) from (
            (select at from event v where v.stream = e.stream and v.epoch = e.epoch and v.kind = 201
             order by tick desc limit 1) union all
            (select at from event v where v.stream = e.stream and v.epoch = e.epoch and v.kind = 202
             order by tick desc limit 1)) v)),
        'heard', e.epoch is not null, 'wanted_case', coalesce(w.number, 0), 'wanted_study', w.study,
        'mode', mode_of(rs.room, coalesce((select procedure from study s where s.id = c.study), '')),
        'pending', coalesce((select json_agg(json_build_object('what', m.what, 'at', iso(m.at)) order by m.id)
            from command m where m.room = rs.room and m.acked_at is null), '[]'::json)) as body
from room_stream rs
left join lateral (select * from epoch e where e.stream = rs.stream
    order by received_at desc, position desc limit 1) e on e.room = rs.room
left join lab_case c on c.number = e.case_number
left join lab_case w on w.room = rs.room and w.closed_at is null and w.number > 0;
