-- Rule files of the detectors: each change is a row with its reason; hemod gets it as a command and says no to what it
-- cannot read. Settings of the lab say what they mean.

create table rules (
    version integer primary key check (version > 0),
    text text not null,
    why text not null,
    by_whom text not null references app_user (name),
    at timestamptz not null default now(),
    command bigint not null references command (id)
);
create trigger rules_only_grow before update or delete on rules for each row execute function only_grows();
grant select on rules to hemo_app, hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;
grant insert on rules to hemo_administrator;
alter table rules enable row level security;
create policy all_read on rules for select using (true);
create policy own_rules on rules for insert to hemo_administrator with check (by_whom = person());

create view rules_view as
select r.version, json_build_object('version', r.version, 'text', r.text, 'why', r.why, 'by', r.by_whom,
    'at', iso(r.at), 'pending', c.acked_at is null and c.refused is null, 'refused', c.refused) as body
from rules r join command c on c.id = r.command;
grant select on rules_view to hemo_app, hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;

alter table lab_setting add column words text not null default '';
update lab_setting set words = 'seconds that a recovered finding holds the place of its study'
    where name = 'recovered_hold_s';
