//! The verifier from outside: the JSON check, the command line, traces, what corruption does, and
//! the WebAssembly build beside the native one.

mod check;
mod cli;
mod corruption;
mod deviations;
mod diagnose;
mod inspect;
mod limited;
mod npm;
mod parity;
mod reproduced;
mod settings;
mod trace;
mod w3c;
