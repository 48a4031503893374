-- The tables of the page for the roles of people: marks by who may mark, what one has seen by oneself.

grant select on room_mark, room_mark_view, user_seen
    to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;
grant insert, update on room_mark to hemo_technologist;
grant insert, update on user_seen to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator;

alter table room_mark enable row level security;
create policy all_read on room_mark for select using (true);
create policy worklistd_marks on room_mark to hemo_app using (true) with check (true);
create policy own_marks on room_mark for insert to hemo_technologist with check (by_whom = person());
create policy own_changes on room_mark for update to hemo_technologist using (true) with check (by_whom = person());

alter table user_seen enable row level security;
create policy worklistd_keeps on user_seen to hemo_app using (true) with check (true);
create policy own_looks on user_seen to hemo_technologist, hemo_reader, hemo_validator, hemo_administrator
    using (name = person()) with check (name = person());
