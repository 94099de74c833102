//! A gateway before a hardware security module: the key in the token signs a document once enough
//! people have approved exactly this document with their passkeys.
//!
//! ```text
//! hsm_gateway init   gateway.json                   generates the keys in the token
//! hsm_gateway trust  gateway.json ISSUER            prints what a third party needs to verify receipts
//! hsm_gateway serve  gateway.json                   serves a page on which people approve documents
//! hsm_gateway sign   gateway.json ISSUER DOCUMENT   the same on a terminal: prints the options for the
//!                                                   approvers on standard error, reads one approval a
//!                                                   line from standard input, prints the receipt
//! ```
//!
//! `portcullis verify-receipt trust.json DOCUMENT RECEIPT` verifies a receipt, without token or network.
//!
//! Start reading at [`hsm`]. WebAuthn has no display of its own: an approver approves what the page
//! or program shows that calls `navigator.credentials.get`. Who can change that page can have another
//! document approved.

mod hsm;

use std::io::{stderr, stdin, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Nothing else in this process uses the library.
    portcullis::pkcs11::allow_finalize(true);
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    hsm::cli::run(&words, &mut stdin().lock(), &mut stdout(), &mut stderr())
}
