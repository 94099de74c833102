-- All times are seconds since 1970. A migration, once released, is never edited.

create table portcullis_accounts (
    handle bytea primary key,
    name text not null,
    name_key text not null unique,
    display_name text,
    created bigint not null
);

create table portcullis_credentials (
    id bytea primary key,
    owner bytea not null references portcullis_accounts (handle) on delete cascade,
    -- The order within the account.
    position bigint not null,
    public_key bytea not null,
    algorithm bigint not null,
    aaguid bytea not null,
    -- A JSON list.
    transports text not null,
    sign_count bigint not null,
    backup_eligible boolean not null,
    backup_state boolean not null,
    user_verified boolean not null,
    rp_id text not null,
    attestation_format text not null,
    attestation_type text not null,
    name text,
    created bigint not null,
    last_used bigint,
    browser text,
    platform text
) with (fillfactor = 85);

create index portcullis_credentials_owner on portcullis_credentials (owner);

-- An account's sessions end with its credentials.
create table portcullis_sessions (
    hash bytea primary key,
    id bytea not null,
    owner bytea not null,
    credential bytea not null references portcullis_credentials (id) on delete cascade,
    auth_time bigint not null,
    user_verified boolean not null,
    last_used bigint not null,
    expires bigint not null,
    idle_expires bigint not null,
    -- The earlier of the two.
    ends bigint not null,
    browser text,
    platform text
);

create index portcullis_sessions_owner on portcullis_sessions (owner);
create index portcullis_sessions_credential on portcullis_sessions (credential);
create index portcullis_sessions_ends on portcullis_sessions (ends);

create table portcullis_recovery_codes (
    owner bytea not null references portcullis_accounts (handle) on delete cascade,
    hash bytea not null,
    primary key (owner, hash)
);

create table portcullis_invitations (
    hash bytea primary key,
    name text,
    expires bigint not null
);

create index portcullis_invitations_expires on portcullis_invitations (expires);

create table portcullis_spent (
    expires bigint not null,
    id bytea not null,
    primary key (expires, id)
);

-- One row: what expires at or before `swept` may have been forgotten and is never accepted.
create table portcullis_swept (
    swept bigint not null
);

insert into portcullis_swept (swept) values (0);

-- `id` begins with the time in finer units, so that it orders what happened within one second.
create table portcullis_events (
    time bigint not null,
    id bytea not null,
    kind text not null,
    account bytea,
    username text,
    credential bytea,
    network text,
    code text,
    step text,
    primary key (time, id)
);

create index portcullis_events_account on portcullis_events (account, time, id);
