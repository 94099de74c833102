//! The program.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Nothing else in this process uses a PKCS #11 library.
    #[cfg(feature = "pkcs11")]
    portcullis::pkcs11::allow_finalize(true);
    portcullis::cli::run()
}
