-- Critical first, then read-by time: no study is passed after its own read-by time but by a critical one. Holds and
-- manual tiers of a person, what an acknowledgment covers, and findings that hold their place for a while after they
-- recovered.

create table lab_setting (name text primary key, value integer not null check (value >= 0));
insert into lab_setting values ('recovered_hold_s', 120);
grant select on lab_setting to hemo_app;

alter table study
    add column held boolean not null default false,
    add column manual_tier smallint check (manual_tier between 0 and 2),
    add column manual_by text,
    add column manual_why text,
    add column manual_at timestamptz,
    add column acknowledged_tier smallint,
    add check ((held or manual_tier is not null) = (manual_by is not null)),
    add check ((manual_by is null) = (manual_why is null) and (manual_by is null) = (manual_at is null));

alter table finding
    add column to_value double precision,
    add column holds_until timestamptz; -- recovered, and still counted until then
create index finding_holding on finding (holds_until) where holds_until is not null;

drop index study_order;
create index study_order on study (pinned desc, (tier = 2) desc, read_by, id) where status <> 'done';

create function next_rule(s study) returns text language sql stable as $$
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
        else 'up with an urgent or critical finding; read within ' || s.longest_wait_min || ' min of its arrival' end
    from (select count(*) filter (where closed_at is null) as open, max(holds_until) as held_until
          from finding where study = s.id) f
$$;

create or replace view study_view as
select s.id, s.status, p.position,
    json_build_object('study', s.id, 'position', p.position,
        'tier', (array['routine', 'urgent', 'critical'])[s.tier + 1], 'pinned', s.pinned,
        'patient_name', s.patient_name, 'patient_id', s.patient_id, 'accession', s.accession,
        'study_uid', s.study_uid, 'description', s.description, 'status', s.status,
        'room', c.room, 'case', c.number, 'arrived_at', iso(s.arrived_at), 'read_by', iso(s.read_by),
        'reason', s.reason, 'next_rule', next_rule(s),
        'changed_at', iso(s.changed_at), 'from_position', s.from_position,
        'acknowledged_by', s.acknowledged_by, 'acknowledged_at', iso(s.acknowledged_at),
        'held', s.held, 'manual_tier', (array['routine', 'urgent', 'critical'])[s.manual_tier + 1],
        'manual_by', s.manual_by, 'manual_why', s.manual_why) as body
from study s
left join (select id, row_number() over (order by pinned desc, (tier = 2) desc, read_by, id) as position
           from study where status <> 'done') p on p.id = s.id
left join lab_case c on c.study = s.id and c.closed_at is null;

-- The order that the moves alone give.
create view replayed_order as
select study, row_number() over (order by pinned desc, (to_tier = 2) desc, read_by, study) as position
from (select distinct on (study) * from study_move order by study, id desc) m
where to_position is not null;
grant select on replayed_order to hemo_app;
