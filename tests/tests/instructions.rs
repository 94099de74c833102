//! What the core costs on a server: instructions of each step of both ceremonies, counted by callgrind and held
//! against the reviewed ones in `tests/expected`. `PORTCULLIS_EXPECTED=rewrite` writes them anew.

use core::fmt::Write as _;
use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use portcullis_tests::corpora;

/// A part of a ceremony and its instructions.
type Row = (String, u64);

/// The counts, with the compiler that they hold for.
#[derive(Debug, PartialEq, Eq)]
struct Table {
    compiler: String,
    rows: Vec<Row>,
}

impl Table {
    fn measure(compiler: &str) -> Self {
        let program = build();
        let rows = ["registration", "authentication"]
            .into_iter()
            .flat_map(|ceremony| count(&program, ceremony))
            .collect();
        Self {
            compiler: compiler.to_owned(),
            rows,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (compiler, lines) = text.split_once('\n')?;
        let row = |line: &str| {
            let (part, instructions) = line.split_once(' ')?;
            Some((part.to_owned(), instructions.trim().parse().ok()?))
        };
        Some(Self {
            compiler: compiler.to_owned(),
            rows: lines.lines().map(row).collect::<Option<_>>()?,
        })
    }

    fn write(&self) -> String {
        let mut text = format!("{}\n", self.compiler);
        for (part, instructions) in &self.rows {
            writeln!(text, "{part:<28}{instructions:>8}").expect("a String takes all");
        }
        text
    }
}

/// What a program prints; nothing where it cannot be run.
fn printed(command: &mut Command) -> String {
    let output = command
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}

/// The program that performs a ceremony, as the release build has it.
fn build() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("instructions");
    let status = Command::new(env!("CARGO"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches"))
        // Flags of another machine make other instructions.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .args(["build", "--locked", "--quiet", "--release"])
        .args(["--package", "portcullis-benches", "--no-default-features"])
        .args(["--bin", "instructions", "--target-dir"])
        .arg(&folder)
        .status()
        .expect("cargo runs");
    assert!(
        status.success(),
        "the program that is measured does not build"
    );
    folder.join("release").join("instructions")
}

/// The instructions of each part of a ceremony, and of all together.
fn count(program: &Path, ceremony: &str) -> Vec<Row> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind-{ceremony}"));
    // What an earlier run has left.
    let _missing = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder can be made");
    let output = Command::new("valgrind")
        .current_dir(&folder)
        .args(["--tool=callgrind", "--callgrind-out-file=part"])
        .args(["--toggle-collect=*counted*", "--dump-before=*part_ends*"])
        .arg(program)
        .arg(ceremony)
        .output()
        .expect("valgrind runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = String::from_utf8(output.stdout).expect("names are text");
    let name = program.file_name().and_then(|name| name.to_str());
    let name = name.expect("a program has a name");
    let mut rows: Vec<Row> = names
        .lines()
        .enumerate()
        .map(|(index, part)| {
            let dump = folder.join(format!("part.{}", index + 1));
            let dump = fs::read_to_string(dump).expect("one for each part");
            (part.to_owned(), own_instructions(&dump, name))
        })
        .collect();
    let all = rows.iter().map(|(_, instructions)| instructions).sum();
    rows.push((ceremony.to_owned(), all));
    rows
}

/// The instructions of a dump that are the program's own. Those of the C library, which copies and compares
/// bytes, are of another number on each machine: it picks its functions by the processor.
fn own_instructions(dump: &str, program: &str) -> u64 {
    // A file is written with its name once, later with its number alone.
    let mut names: HashMap<&str, bool> = HashMap::new();
    let mut is_own = false;
    let mut is_call = false;
    let mut sum = 0;
    for line in dump.lines() {
        if let Some(object) = line.strip_prefix("ob=").or(line.strip_prefix("cob=")) {
            let (number, path) = object.split_once(' ').unwrap_or((object, ""));
            if !path.is_empty() {
                names.insert(number, path.ends_with(&format!("/{program}")));
            }
            if line.starts_with("ob=") {
                is_own = names[number];
            }
        } else if line.starts_with("calls=") {
            // The next line is what the callee has taken.
            is_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok());
            if is_own && !is_call {
                sum += cost.unwrap_or(0);
            }
            is_call = false;
        }
    }
    sum
}

/// The same within 1 %, and a few instructions of the shortest steps.
fn is_near(a: u64, b: u64) -> bool {
    let difference = a.abs_diff(b);
    difference <= 2 || difference * 100 <= a.max(b)
}

#[test]
fn a_ceremony_takes_the_instructions_of_the_reviewed_table() {
    let version = printed(Command::new("rustc").arg("-vV"));
    let line = |name: &str| version.lines().find_map(|line| line.strip_prefix(name));
    let (Some(compiler), Some(host)) = (version.lines().next(), line("host: ")) else {
        panic!("rustc names itself and its host: {version}");
    };
    if printed(Command::new("valgrind").arg("--version")).is_empty() {
        corpora::report(
            "instructions: NOT RUN, there is no valgrind (./portcullis test installs it)",
        );
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("expected")
        .join(format!("{host}.txt"));
    if env::var_os("PORTCULLIS_EXPECTED").is_some_and(|what| what == "rewrite") {
        fs::write(&path, Table::measure(compiler).write()).expect("can be written");
        return;
    }
    let Ok(text) = fs::read_to_string(&path) else {
        corpora::report(&format!("instructions: none are reviewed for {host}"));
        return;
    };
    let expected = Table::read(&text).unwrap_or_else(|| panic!("{} is no table", path.display()));
    if expected.compiler != compiler {
        corpora::report(&format!(
            "instructions: reviewed ones are of {}, this is {compiler}: not compared",
            expected.compiler
        ));
        return;
    }
    let measured = Table::measure(compiler);
    let same = expected.rows.len() == measured.rows.len()
        && expected
            .rows
            .iter()
            .zip(&measured.rows)
            .all(|(a, b)| a.0 == b.0 && is_near(a.1, b.1));
    assert!(
        same,
        "instructions were\n{text}\nand are\n{}\nIf that is meant: PORTCULLIS_EXPECTED=rewrite",
        measured.write()
    );
}
