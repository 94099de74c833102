//! The verifier from outside: the published vectors, the corpora, the JSON check, the command line,
//! and what corruption does.

mod w3c;
