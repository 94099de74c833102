-- All times are seconds since 1970. A migration, once released, is never edited.

create table portcullis_accounts (
    handle blob primary key,
    name text not null,
    name_key text not null unique,
    display_name text,
    created integer not null
) strict;

create table portcullis_credentials (
    id blob primary key,
    owner blob not null references portcullis_accounts (handle) on delete cascade,
    -- The order within the account.
    position integer not null,
    public_key blob not null,
    algorithm integer not null,
    aaguid blob not null,
    -- A JSON list.
    transports text not null,
    sign_count integer not null,
    backup_eligible integer not null,
    backup_state integer not null,
    user_verified integer not null,
    rp_id text not null,
    attestation_format text not null,
    attestation_type text not null,
    name text,
    created integer not null,
    last_used integer,
    browser text,
    platform text
) strict;

create index portcullis_credentials_owner on portcullis_credentials (owner);

-- An account's sessions end with its credentials.
create table portcullis_sessions (
    hash blob primary key,
    id blob not null,
    owner blob not null,
    credential blob not null references portcullis_credentials (id) on delete cascade,
    auth_time integer not null,
    user_verified integer not null,
    last_used integer not null,
    expires integer not null,
    idle_expires integer not null,
    -- The earlier of the two.
    ends integer not null,
    browser text,
    platform text
) strict, without rowid;

create index portcullis_sessions_owner on portcullis_sessions (owner);
create index portcullis_sessions_credential on portcullis_sessions (credential);
create index portcullis_sessions_ends on portcullis_sessions (ends);

create table portcullis_recovery_codes (
    owner blob not null references portcullis_accounts (handle) on delete cascade,
    hash blob not null,
    primary key (owner, hash)
) strict, without rowid;

create table portcullis_invitations (
    hash blob primary key,
    name text,
    expires integer not null
) strict, without rowid;

create index portcullis_invitations_expires on portcullis_invitations (expires);

create table portcullis_spent (
    expires integer not null,
    id blob not null,
    primary key (expires, id)
) strict, without rowid;

-- One row: what expires at or before `swept` may have been forgotten and is never accepted.
create table portcullis_swept (
    swept integer not null
) strict;

insert into portcullis_swept (swept) values (0);

-- `id` begins with the time in finer units, so that it orders what happened within one second.
create table portcullis_events (
    time integer not null,
    id blob not null,
    kind text not null,
    account blob,
    username text,
    credential blob,
    network text,
    code text,
    step text,
    primary key (time, id)
) strict, without rowid;

create index portcullis_events_account on portcullis_events (account, time, id);
