//! What the tests share: a software authenticator and the corpora.
