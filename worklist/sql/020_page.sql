-- What the page must not forget when it is opened again: marks that last, and when somebody last looked at the list.
-- (Numbers from 020 on: tables of the page.)

create table room_mark ( -- the newest of each kind: what a person told the signal in this epoch
    stream bigint not null,
    epoch bigint not null,
    room integer not null,
    channel integer not null,
    kind text not null check (kind in ('site', 'zeroing', 'flush', 'wedge', 'phase')),
    value text not null, -- 'on', 'off', a site or a phase
    by_whom text not null references app_user (name),
    at timestamptz not null default now(),
    primary key (stream, epoch, channel, kind),
    foreign key (stream, epoch) references epoch (stream, epoch)
);

create view room_mark_view as
select m.room, json_build_object('channel', m.channel, 'kind', m.kind, 'value', m.value, 'by', m.by_whom,
    'at', iso(m.at)) as body, m.channel, m.kind
from room_mark m
join (select distinct on (stream) stream, epoch from epoch order by stream, received_at desc, position desc) e
    using (stream, epoch);

create table user_seen ( -- until when somebody knows a screen
    name text not null references app_user (name),
    screen text not null check (screen in ('worklist')),
    at timestamptz not null,
    primary key (name, screen)
);

create index audit_of_object on audit (object, n);

grant select, insert, update on room_mark, user_seen to hemo_app;
grant select on room_mark_view to hemo_app;
