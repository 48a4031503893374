-- The moves that may leave: in a silent room none that a finding made, whenever that was.
create view move_shown as
select m.id from study_move m join study s on s.id = m.study
where (m.event is null and m.by_whom <> 'worklistd') or study_mode(s) <> 'silent';
grant select on move_shown to hemo_app, hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;
