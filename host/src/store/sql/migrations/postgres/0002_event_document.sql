-- The SHA-256 of what an approval is of.
alter table portcullis_events add column document bytea;
