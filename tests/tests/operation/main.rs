//! A host in operation: installed, started, stopped and updated, and what other programs make of it.

mod backends;
mod debian;
mod log;
mod package;
mod readme;
mod reference;
mod sign_in_page;
mod stop;
mod unit;
mod update;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// An empty folder for the files of a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("operation")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn read(path: &str) -> String {
    let file = Path::new(ROOT).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The blocks of code in a page of documentation that are of this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = page.split(&begin).skip(1);
    let block = |text: &str| text.split("```").next().unwrap_or_default().to_owned();
    blocks.map(block).collect()
}

/// Whether a file is to be written anew instead of compared.
fn rewrites() -> bool {
    std::env::var_os("PORTCULLIS_EXPECTED").is_some_and(|what| what == "rewrite")
}
