-- Rooms and their streams as somebody configured them or hemod announced them: a case can be opened before the feed
-- ever connected. Commands say which room waits for them, and what hemod refused.

create table room_stream (
    stream bigint primary key check (stream > 0),
    room integer not null check (room > 0),
    name text not null default '',
    configured boolean not null default false -- by a person; else learned from an EpochBegin
);
create index streams_of_room on room_stream (room);
insert into room_stream (stream, room, name)
    select distinct on (stream) stream, room, name from epoch where room > 0 order by stream, received_at desc;
grant select, insert, update on room_stream to hemo_app;

alter table command
    add column room integer,
    add column what text not null default '',
    add column refused text; -- hemod took it and it has no effect, or did not take it
create index command_of_room on command (room) where acked_at is null;

drop view room_view;
create view room_view as
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
        'pending', coalesce((select json_agg(json_build_object('what', m.what, 'at', iso(m.at)) order by m.id)
            from command m where m.room = rs.room and m.acked_at is null), '[]'::json)) as body
from room_stream rs
left join lateral (select * from epoch e where e.stream = rs.stream
    order by received_at desc, position desc limit 1) e on e.room = rs.room
left join lab_case c on c.number = e.case_number
left join lab_case w on w.room = rs.room and w.closed_at is null and w.number > 0;
grant select on room_view to hemo_app;
