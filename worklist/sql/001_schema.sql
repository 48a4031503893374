-- The tables of worklistd. Owner: hemo_owner. worklistd connects as hemo_app, which can neither change nor delete
-- what must only grow (see 002_roles.sql). Numbers that cross the interface stay below 2^53.

create function iso(at timestamptz) returns text language sql stable parallel safe as
$$ select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

-- People ---------------------------------------------------------------------------------------------------------

create table app_user (
    name text primary key check (name ~ '^[a-z][a-z0-9._-]{0,31}$'),
    role text not null check (role in ('technologist', 'reader')),
    password_hash text not null,
    created_at timestamptz not null default now()
);

create table session ( -- only the hash of a token is kept
    token_hash bytea primary key check (length(token_hash) = 32),
    user_name text not null references app_user (name),
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now()
);

create table request ( -- what a request_id was answered, so that a repeat gets the same
    user_name text not null,
    id text not null check (id ~ '^[A-Za-z0-9-]{8,64}$'),
    what text not null,
    at timestamptz not null default now(),
    status integer not null,
    body text not null,
    primary key (user_name, id)
);

-- Studies and their order ----------------------------------------------------------------------------------------

create table study (
    id bigint generated always as identity primary key,
    patient_id text not null,
    patient_id_issuer text not null,
    patient_name text not null,
    accession text not null,
    accession_issuer text not null,
    study_uid text not null unique,
    description text not null,
    status text not null default 'waiting' check (status in ('waiting', 'in_lab', 'done')),
    arrived_at timestamptz not null default now(),
    longest_wait_min integer not null default 120 check (longest_wait_min between 1 and 10080),
    tier smallint not null default 0 check (tier between 0 and 2), -- 0 routine, 1 urgent, 2 critical
    read_by timestamptz not null,
    pinned boolean not null default false,
    reason text not null default 'arrival order',
    changed_at timestamptz,
    from_position integer,
    acknowledged_by text references app_user (name),
    acknowledged_at timestamptz,
    unique (accession, accession_issuer),
    check (read_by <= arrived_at + longest_wait_min * interval '1 minute') -- nothing waits longer than its own limit
);
create index study_order on study (pinned desc, tier desc, read_by, id) where status <> 'done';

create table worklist_version (only_row boolean primary key default true check (only_row), version bigint not null);
insert into worklist_version (version) values (1);

-- Cases, epochs, events -------------------------------------------------------------------------------------------

create sequence case_counter maxvalue 2097151; -- a case number is counter << 32 | 32 random bits: never used twice

create table lab_case (
    number bigint primary key check (number >= 0),
    study bigint references study (id),
    room integer not null,
    opened_at timestamptz not null default now(),
    opened_by text,
    closed_at timestamptz
);
insert into lab_case (number, room, opened_at) values (0, 0, '1970-01-01Z'); -- no case
create unique index one_open_case_a_room on lab_case (room) where closed_at is null and number > 0;
create index case_of_study on lab_case (study);

create table epoch ( -- the binding that every event of the epoch relies on
    stream bigint not null,
    epoch bigint not null,
    case_number bigint not null references lab_case (number),
    room integer not null,
    position bigint not null,
    why smallint not null,
    began_at timestamptz not null,
    received_at timestamptz not null default now(),
    base_rate_hz double precision not null check (base_rate_hz > 0),
    origin text not null check (origin in ('live', 'replay', 'simulated')),
    speed_percent bigint not null,
    name text not null,
    channels text not null, -- JSON, as the interface shows them
    frame bytea not null,   -- EpochBegin as hemod said it
    primary key (stream, epoch),
    unique (stream, epoch, case_number)
);
create index epoch_latest on epoch (stream, received_at desc);
create index epoch_of_room on epoch (room);

create table event (
    id bytea primary key check (length(id) = 16),
    journal bigint not null,
    position bigint not null,
    kind integer not null,
    stream bigint not null,
    epoch bigint not null,
    case_number bigint not null,
    room integer not null,
    site integer not null,
    channel integer not null,
    state integer not null,
    tick bigint not null,
    at timestamptz not null,
    frame bytea not null, -- as hemod said it
    foreign key (stream, epoch, case_number) references epoch (stream, epoch, case_number)
);
create index event_by_tick on event (stream, epoch, kind, tick);

create table measurement (
    id bytea primary key references event (id),
    stream bigint not null,
    epoch bigint not null,
    case_number bigint not null check (case_number > 0),
    room integer not null,
    site text not null,
    channel integer not null,
    phase text not null,
    from_tick bigint not null,
    to_tick bigint not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    at timestamptz not null,
    quality double precision not null,
    method text not null,
    rule_version integer not null,
    beats text not null,          -- JSON
    left_out text not null,       -- JSON
    machine_values text not null, -- JSON, never changed
    current_values text not null, -- JSON, those in force
    state text not null default 'suggested' check (state in ('suggested', 'accepted', 'adjusted', 'rejected')),
    version integer not null default 1,
    digest text not null check (digest ~ '^[0-9a-f]{64}$'),
    decided_by text references app_user (name),
    decided_at timestamptz,
    reason text,
    received_at timestamptz not null default now(),
    foreign key (stream, epoch, case_number) references epoch (stream, epoch, case_number),
    check ((state = 'suggested') = (decided_by is null))
);
create index measurement_of_case on measurement (case_number, received_at, id);

create table finding ( -- raised on a study, until it recovers or is withdrawn
    id bytea primary key references event (id),
    study bigint not null references study (id),
    kind integer not null,
    tier smallint not null,
    limit_at timestamptz not null,
    reason text not null,
    raised_at timestamptz not null default now(),
    closed_at timestamptz
);
create index finding_open on finding (study) where closed_at is null;

create table study_move (
    id bigint generated always as identity primary key,
    study bigint not null references study (id),
    at timestamptz not null default now(),
    from_position integer,
    to_position integer, -- null: left the list
    from_tier smallint not null,
    to_tier smallint not null,
    pinned boolean not null,       -- pinned, to_tier and read_by after the move: replaying the moves gives the order
    read_by timestamptz not null,
    reason text not null,
    event bytea,
    by_whom text not null,
    version bigint not null
);
create index move_of_study on study_move (study, id);

-- The link with hemod ---------------------------------------------------------------------------------------------

create table journal_position (
    journal bigint primary key,
    next_sequence bigint not null,
    used_at timestamptz not null default now()
);

create table quarantine (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    journal bigint not null,
    position bigint not null,
    error text not null,
    frame bytea not null,
    unique (journal, position)
);

create table command ( -- committed with the act that caused it, then sent until acknowledged
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    frame bytea not null,
    epoch bigint,
    sequence bigint,
    acked_at timestamptz
);
create index command_waiting on command (id) where acked_at is null;

create table command_link (
    only_row boolean primary key default true check (only_row),
    epoch bigint not null,
    next_sequence bigint not null
);
insert into command_link (epoch, next_sequence) values (0, 0);

-- The audit: a Merkle tree as RFC 6962 hashes it; each row carries the peaks of the tree that ends with it ---------

create table audit (
    n bigint primary key check (n >= 0),
    at text not null,
    who text not null,
    what text not null,
    object text not null,
    before text not null,
    after text not null,
    place text not null,
    leaf bytea not null check (length(leaf) = 32),
    peaks bytea not null check (length(peaks) % 32 = 0)
);

create function only_grows() returns trigger language plpgsql as
$$ begin raise exception 'this table only grows'; end $$;
create trigger audit_only_grows before update or delete on audit for each row execute function only_grows();
create trigger audit_keeps before truncate on audit for each statement execute function only_grows();
