-- worklistd connects as hemo_app. What only grows gets SELECT and INSERT, what changes gets UPDATE, nothing more.

grant usage on schema public to hemo_app;
grant select on all tables in schema public to hemo_app;
grant insert on app_user, session, request, study, lab_case, epoch, event, measurement, finding, study_move,
    journal_position, quarantine, command, audit to hemo_app;
grant update on session, study, lab_case, finding, journal_position, command, command_link, worklist_version
    to hemo_app;
grant update (current_values, state, version, digest, decided_by, decided_at, reason) on measurement to hemo_app;
grant update (password_hash) on app_user to hemo_app;
grant delete on session, request to hemo_app;
grant usage on all sequences in schema public to hemo_app;
