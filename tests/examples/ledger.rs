//! Prints the ledger of the Recommendation, and fails where a line has neither a test nor a reason.

use std::process::ExitCode;

use portcullis_tests::ledger::{Proof, faults, requirements};

#[expect(clippy::print_stdout, reason = "it is what the program is for")]
fn main() -> ExitCode {
    let requirements = requirements();
    let mut reasons = 0;
    for requirement in &requirements {
        println!("{:8} {}", requirement.section, requirement.text);
        for proof in &requirement.proofs {
            println!("         {proof}");
        }
        reasons += u32::from(matches!(requirement.proofs[..], [Proof::None(_), ..]));
    }
    let faults = faults(&requirements);
    println!(
        "\n{} requirements, {reasons} of them with a reason in a test's place",
        requirements.len()
    );
    for fault in &faults {
        println!("FAULT {fault}");
    }
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
