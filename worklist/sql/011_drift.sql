-- What the machine suggested beside what people decided, value by value; and when it drifted too far.

create view agreement_pair as
select m.room, m.transducer, m.site, x.value->>'quantity' as quantity, x.value->>'words' as words,
    x.value->>'unit' as unit, m.decided_at, m.id, m.case_number, m.state, m.reason, m.decided_by,
    (x.value->>'value')::float8 as machine,
    case when m.state <> 'rejected' then (c.value->>'value')::float8 end as decided
from measurement m
cross join lateral json_array_elements(m.machine_values::json) with ordinality x (value, nth)
join lateral json_array_elements(m.current_values::json) with ordinality c (value, nth) on c.nth = x.nth
where m.state <> 'suggested';
create index measurement_decided on measurement (decided_at) where decided_at is not null;

create table drift_trip ( -- from here a group counts anew
    id bigint generated always as identity primary key,
    room integer not null,
    transducer bigint not null,
    site text not null,
    quantity text not null,
    at timestamptz not null default now(),
    what text not null
);
create trigger trips_only_grow before update or delete on drift_trip for each row execute function only_grows();
create index trip_of_group on drift_trip (room, transducer, site, quantity, id);
grant select, insert on drift_trip to hemo_app;
grant select on agreement_pair, drift_trip to hemo_app, hemo_validator, hemo_administrator;

insert into lab_setting (name, value, words) values
    ('drift_cusum', 8, 'CUSUM of the differences, in tolerances, at which a room falls back by one mode'),
    ('drift_tolerance_tenths', 20, 'tolerance of a difference, in tenths of the unit: 20 is 2.0 mmHg'),
    ('drift_share_percent', 30, 'share of values adjusted or rejected, in percent, at which a room falls back'),
    ('drift_share_n', 20, 'decisions before the share counts, and before agreement is called enough');
