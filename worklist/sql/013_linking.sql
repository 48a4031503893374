-- Whose case it is can become known, or be corrected, later: a link and a merge are new versions, and each moves all
-- rows or none. Functions of the owner, so that nobody needs the right to change a study's identity row by row.

alter table study
    add column station text not null default '',      -- scheduled: where
    add column scheduled_at timestamptz,               -- and when
    add column identity_version integer not null default 1;
create index study_of_patient on study (patient_id, patient_id_issuer);
create index study_scheduled on study (station, scheduled_at) where scheduled_at is not null;

create table case_link (
    case_number bigint not null references lab_case (number),
    version integer not null,
    study bigint references study (id),
    how text not null check (how in ('opened', 'study_uid', 'accession', 'schedule')),
    why text not null,
    by_whom text not null,
    at timestamptz not null default now(),
    primary key (case_number, version)
);
create table study_identity ( -- what a study was called before each correction
    study bigint not null references study (id),
    version integer not null,
    patient_id text not null,
    patient_id_issuer text not null,
    patient_name text not null,
    why text not null,
    by_whom text not null,
    at timestamptz not null default now(),
    primary key (study, version)
);
create trigger links_only_grow before update or delete on case_link for each row execute function only_grows();
create trigger identities_only_grow before update or delete on study_identity for each row execute function only_grows();
grant select on case_link, study_identity
    to hemo_app, hemo_technologist, hemo_reader, hemo_validator, hemo_administrator, hemo_service;

-- The case belongs to that study from now on, with all its findings. The study it belonged to before; null: none.
create function link_case(in_case bigint, in_study bigint, in_how text, in_why text) returns bigint
language plpgsql security definer set search_path = public as $$
declare
    old bigint;
    is_open boolean;
begin
    select study, closed_at is null into old, is_open from lab_case where number = in_case and number > 0 for update;
    if not found then raise exception 'no such case'; end if;
    perform 1 from study where id = in_study and status <> 'done' for update;
    if not found then raise exception 'no such open study'; end if;
    insert into case_link (case_number, version, study, how, why, by_whom)
        select in_case, coalesce(max(version), 0) + 1, in_study, in_how, in_why, person() from case_link
        where case_number = in_case;
    update lab_case set study = in_study where number = in_case;
    update finding f set study = in_study from event e where e.id = f.id and e.case_number = in_case;
    if is_open then
        update study set status = 'in_lab' where id = in_study;
        update study s set status = 'waiting' where s.id = old and s.id <> in_study and s.status = 'in_lab'
            and not exists (select from lab_case c where c.study = s.id and c.closed_at is null);
    end if;
    return old;
end $$;

-- All studies of one patient become those of another: how many.
create function merge_patient(from_id text, from_issuer text, into_id text, into_issuer text, into_name text, in_why text)
returns integer language plpgsql security definer set search_path = public as $$
declare
    moved integer;
begin
    if from_id = into_id and from_issuer = into_issuer then raise exception 'the same patient'; end if;
    perform 1 from study where patient_id = from_id and patient_id_issuer = from_issuer for update;
    insert into study_identity (study, version, patient_id, patient_id_issuer, patient_name, why, by_whom)
        select id, identity_version, patient_id, patient_id_issuer, patient_name, in_why, person() from study
        where patient_id = from_id and patient_id_issuer = from_issuer;
    update study set patient_id = into_id, patient_id_issuer = into_issuer, patient_name = into_name,
        identity_version = identity_version + 1
        where patient_id = from_id and patient_id_issuer = from_issuer;
    get diagnostics moved = row_count;
    return moved;
end $$;

revoke execute on function link_case, merge_patient from public;
grant execute on function link_case, merge_patient to hemo_technologist, hemo_app;
