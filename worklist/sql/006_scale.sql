-- The first page of the list costs the same however long the list is: places are counted along the index, one study is
-- shown without counting, and the number of open studies is kept where its version is.

alter table worklist_version add column open_studies bigint not null default 0;
update worklist_version set open_studies = (select count(*) from study where status <> 'done');
create index finding_of_study on finding (study, kind);

-- A study as the interface shows it, at that place.
create function study_body(s study, place bigint) returns json language sql stable as $$
    select json_build_object('study', s.id, 'position', place,
        'tier', (array['routine', 'urgent', 'critical'])[s.tier + 1], 'pinned', s.pinned,
        'patient_name', s.patient_name, 'patient_id', s.patient_id, 'accession', s.accession,
        'study_uid', s.study_uid, 'description', s.description, 'status', s.status,
        'room', c.room, 'case', c.number, 'arrived_at', iso(s.arrived_at), 'read_by', iso(s.read_by),
        'reason', s.reason, 'next_rule', next_rule(s),
        'changed_at', iso(s.changed_at), 'from_position', s.from_position,
        'acknowledged_by', s.acknowledged_by, 'acknowledged_at', iso(s.acknowledged_at),
        'held', s.held, 'manual_tier', (array['routine', 'urgent', 'critical'])[s.manual_tier + 1],
        'manual_by', s.manual_by, 'manual_why', s.manual_why)
    from (values (1)) one left join lab_case c on c.study = s.id and c.closed_at is null
$$;

-- Open studies from a place on, in the order of the list.
create function list_page(first bigint, rows bigint) returns table (place bigint, body json) language sql stable as $$
    select p.place, study_body(p.s, p.place) from (
        select s, row_number() over (order by pinned desc, (tier = 2) desc, read_by, id) as place
        from study s where status <> 'done'
        order by pinned desc, (tier = 2) desc, read_by, id offset first - 1 limit rows) p order by p.place
$$;

create or replace view study_view as
select s.id, s.status, p.position, study_body(s, p.position) as body
from study s
left join (select id, row_number() over (order by pinned desc, (tier = 2) desc, read_by, id) as position
           from study where status <> 'done') p on p.id = s.id;
