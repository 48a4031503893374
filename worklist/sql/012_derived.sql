-- Values computed from confirmed ones, kept with what they were computed from; and what people typed in. Each change of a
-- derived value is an audit row ("derived") with the decision that caused it.

create table typed_value ( -- the newest of a quantity and site counts
    id bigint generated always as identity primary key,
    case_number bigint not null references lab_case (number) check (case_number > 0),
    phase text not null,
    quantity text not null,
    site text not null, -- '': of the patient
    value double precision not null,
    by_whom text not null references app_user (name),
    at timestamptz not null default now()
);
create index typed_of_case on typed_value (case_number, id);
create trigger typed_only_grow before update or delete on typed_value for each row execute function only_grows();

create table derived_value (
    case_number bigint not null references lab_case (number),
    phase text not null,
    quantity text not null,
    value double precision, -- null: was known, and is no more
    method text not null,
    inputs text not null,   -- JSON: [{"quantity","site","value","from"}]
    version integer not null default 1,
    by_whom text not null,  -- whose decision made it so
    at timestamptz not null default now(),
    primary key (case_number, phase, quantity)
);

grant select on typed_value, derived_value
    to hemo_app, hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;
grant insert on typed_value to hemo_technologist;
grant insert, update on derived_value to hemo_technologist, hemo_reader;
alter table typed_value enable row level security;
create policy all_read on typed_value for select using (true);
create policy own_values on typed_value for insert to hemo_technologist with check (by_whom = person());
alter table derived_value enable row level security;
create policy all_read on derived_value for select using (true);
create policy own_causes on derived_value for insert to hemo_technologist, hemo_reader with check (by_whom = person());
create policy own_changes on derived_value for update to hemo_technologist, hemo_reader
    using (true) with check (by_whom = person());
-- Tests and tools decide as worklistd.
grant insert, update on derived_value to hemo_app;
create policy worklistd_derives on derived_value to hemo_app using (true) with check (true);
