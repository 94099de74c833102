//! A gateway before a hardware security module: the key in the token signs a document once enough
//! people have approved exactly this document with their passkeys.
//!
//! ```text
//! hsm_gateway init    gateway.json                  makes the two keys in the token
//! hsm_gateway trust   gateway.json                  prints what a third party needs to verify
//! hsm_gateway sign    gateway.json DOCUMENT         asks on standard error, reads one approval a
//!                                                   line from standard input, prints the receipt
//! hsm_gateway verify  trust.json DOCUMENT RECEIPT   verifies a receipt, without token or network
//! ```
//!
//! Start reading at [`gateway`]. WebAuthn has no display of its own: an approver approves what the
//! page or program shows that calls `navigator.credentials.get`. Whoever can change that page can
//! have them approve another document.

mod gateway;

use std::io::{stderr, stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    gateway::cli::run(&words, &mut stdin().lock(), &mut stdout(), &mut stderr())
}
