//! The documentation that is made from the code's own tables. `PORTCULLIS_EXPECTED=rewrite` writes it anew.

use core::fmt::Write as _;
use std::{collections::BTreeSet, fs, path::Path};

use portcullis::{LOGIN_CLAIMS, config::SETTINGS, problem};
use portcullis_core::diagnose::Diagnosis;

use super::{ROOT, read, rewrites};

fn page() -> String {
    let mut page = "# Reference\n\n\
        Made from the tables of the code: `PORTCULLIS_EXPECTED=rewrite cargo test --workspace --test operation \
        reference`.\n\n\
        ## What a login token says\n\n\
        A JWT, signed with ES256 by a key at `/.well-known/jwks.json`; [the guide to backends](backend.md) shows how \
        to check one.\n\n\
        | claim | meaning |\n| --- | --- |\n"
        .to_owned();
    for (claim, meaning) in LOGIN_CLAIMS {
        let _ = writeln!(page, "| `{claim}` | {meaning} |");
    }
    let _ = write!(
        page,
        "\n## What the host refuses with\n\n\
         A refusal is a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with a stable `code`.\n\n\
         | code | status | meaning | what to do |\n| --- | --- | --- | --- |\n"
    );
    let mut verifier = String::new();
    for entry in problem::registry() {
        let problem::Entry {
            code,
            meaning,
            remedy,
            ..
        } = entry;
        let _ = match entry.status {
            Some(status) => writeln!(page, "| `{code}` | {status} | {meaning} | {remedy} |"),
            None => writeln!(verifier, "| `{code}` | {meaning} | {remedy} |"),
        };
    }
    let _ = write!(
        page,
        "\n### A response that does not verify\n\n\
         400 at a registration, and at a sign-in that cannot be read; else 401. `step` is that of WebAuthn Level 3 \
         which did not hold.\n\n\
         | code | meaning | what to do |\n| --- | --- | --- |\n{verifier}"
    );
    let _ = write!(
        page,
        "\n## Why a check was rejected\n\n\
         The member `diagnosis` of a verdict has at most three of these, the best first, each with a `text` that names \
         the values and what to change. It is `proven` where the hypothesis was verified.\n\n\
         | code | meaning |\n| --- | --- |\n"
    );
    for diagnosis in Diagnosis::ALL {
        let (code, meaning) = (diagnosis.code(), diagnosis.meaning());
        let _ = writeln!(page, "| `{code}` | {meaning} |");
    }
    page
}

#[test]
fn the_reference_is_what_the_tables_say() {
    const PATH: &str = "host/guide/reference.md";
    let page = page();
    if rewrites() {
        fs::write(Path::new(ROOT).join(PATH), &page).expect("it is written");
    }
    let advice = "PORTCULLIS_EXPECTED=rewrite writes it anew";
    assert!(
        read(PATH) == page,
        "{PATH} differs from the tables: {advice}"
    );
}

/// The README's table of settings has each of them once, and nothing else.
#[test]
fn the_readme_lists_every_setting() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("\n## Settings\n").expect("a section");
    let (table, _) = section
        .split_once("\n\nA secret: ")
        .expect("what follows the table");
    let mut listed = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let names = row.split('|').nth(1).expect("a cell");
        for name in names.split('`').skip(1).step_by(2) {
            if let Some(name) = name.strip_prefix("PORTCULLIS_") {
                assert!(listed.insert(name), "{name} is listed twice");
            }
        }
    }
    let known: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    assert_eq!(listed, known);
}
