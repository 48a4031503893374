-- What the interface shows, as JSON text: one view per object of worklist/API.md.

create view study_view as
select s.id, s.status, p.position,
    json_build_object('study', s.id, 'position', p.position,
        'tier', (array['routine', 'urgent', 'critical'])[s.tier + 1], 'pinned', s.pinned,
        'patient_name', s.patient_name, 'patient_id', s.patient_id, 'accession', s.accession,
        'study_uid', s.study_uid, 'description', s.description, 'status', s.status,
        'room', c.room, 'case', c.number, 'arrived_at', iso(s.arrived_at), 'read_by', iso(s.read_by),
        'reason', s.reason,
        'next_rule', case
            when s.pinned then 'pinned by a person: stays on top until unpinned'
            when s.tier > 0 then 'slides back when the finding recovers or is withdrawn'
            else 'read within ' || s.longest_wait_min || ' min of its arrival; a finding moves it up' end,
        'changed_at', iso(s.changed_at), 'from_position', s.from_position,
        'acknowledged_by', s.acknowledged_by, 'acknowledged_at', iso(s.acknowledged_at)) as body
from study s
left join (select id, row_number() over (order by pinned desc, tier desc, read_by, id) as position
           from study where status <> 'done') p on p.id = s.id
left join lab_case c on c.study = s.id and c.closed_at is null;

create view room_view as
select e.room, e.stream,
    json_build_object('room', e.room, 'stream', e.stream, 'epoch', e.epoch, 'case', e.case_number,
        'study', c.study, 'origin', e.origin, 'speed_percent', e.speed_percent, 'name', e.name,
        'base_rate_hz', e.base_rate_hz, 'channels', e.channels::json,
        'last_event_at', (select iso(max(v.at)) from event v where v.stream = e.stream and v.epoch = e.epoch
            and v.kind in (201, 202))) as body
from (select distinct on (stream) * from epoch order by stream, received_at desc, position desc) e
join lab_case c on c.number = e.case_number;

create view measurement_view as
select m.id, m.case_number, m.received_at,
    json_build_object('id', encode(m.id, 'hex'), 'case', m.case_number, 'room', m.room, 'site', m.site,
        'phase', m.phase, 'values', m.current_values::json, 'beats', m.beats::json, 'left_out', m.left_out::json,
        'from_at', iso(m.from_at), 'to_at', iso(m.to_at), 'quality', m.quality, 'method', m.method,
        'rule_version', m.rule_version, 'at', iso(m.at), 'state', m.state, 'version', m.version,
        'digest', m.digest, 'machine_values', m.machine_values::json, 'by', m.decided_by,
        'decided_at', iso(m.decided_at), 'reason', m.reason) as body
from measurement m;

create view move_view as
select id, study, version,
    json_build_object('study', study, 'at', iso(at), 'from_position', from_position, 'to_position', to_position,
        'from_tier', (array['routine', 'urgent', 'critical'])[from_tier + 1],
        'to_tier', (array['routine', 'urgent', 'critical'])[to_tier + 1],
        'reason', reason, 'event', encode(event, 'hex'), 'by', by_whom) as body
from study_move;

create view audit_view as
select n, json_build_object('n', n, 'at', at, 'who', who, 'what', what, 'object', object, 'before', before,
    'after', after, 'where', place, 'leaf', encode(leaf, 'hex')) as body
from audit;
