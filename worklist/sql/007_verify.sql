-- Verification by a second person (DICOM: Participant ATTEST, Verifying Observer): never by who decided on the value;
-- after it only an amendment, which must be verified again.

alter table measurement
    add column verified_by text references app_user (name),
    add column verified_at timestamptz,
    add column amended_at timestamptz,
    add column transducer bigint not null default 0,
    add check ((verified_by is null) = (verified_at is null)),
    add check (verified_by is null or (verified_by <> decided_by and state in ('accepted', 'adjusted')));
grant update (verified_by, verified_at, amended_at) on measurement to hemo_app;

create function only_amended() returns trigger language plpgsql as $$
begin
    if old.verified_at is not null and new.amended_at is not distinct from old.amended_at then
        raise exception 'a verified value changes by an amendment only';
    end if;
    return new;
end $$;
create trigger measurement_is_verified before update on measurement for each row execute function only_amended();

create or replace view measurement_view as
select m.id, m.case_number, m.received_at,
    json_build_object('id', encode(m.id, 'hex'), 'case', m.case_number, 'room', m.room, 'site', m.site,
        'phase', m.phase, 'values', m.current_values::json, 'beats', m.beats::json, 'left_out', m.left_out::json,
        'from_at', iso(m.from_at), 'to_at', iso(m.to_at), 'quality', m.quality, 'method', m.method,
        'rule_version', m.rule_version, 'at', iso(m.at), 'state', m.state, 'version', m.version,
        'digest', m.digest, 'machine_values', m.machine_values::json, 'by', m.decided_by,
        'decided_at', iso(m.decided_at), 'reason', m.reason, 'verified_by', m.verified_by,
        'verified_at', iso(m.verified_at), 'amended_at', iso(m.amended_at)) as body
from measurement m;
