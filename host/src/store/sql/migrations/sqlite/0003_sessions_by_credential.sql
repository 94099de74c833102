-- An owner's sessions are found by the owner's credentials. Each sign-in writes one index less.
drop index portcullis_sessions_owner;
