//! What an operation costs in instructions of user mode, by callgrind. They do not depend on what else the
//! machine does. Callgrind has no instructions for SHA-256, which the processor may have: hashing counts for
//! more than it takes.

use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

use super::measure::{fill, number, repeat};
use super::people::{Operation, People};
use super::server::Server;
use super::{BARE, COSTS, FEW, Options, SETTINGS, Who};

/// Operations of each kind that are counted, after as many that are not.
const COUNTED: u64 = 200;

/// Prints the table.
pub(crate) fn table(options: &Options) -> io::Result<()> {
    let folder = env::temp_dir().join(format!("portcullis-instructions-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    println!("| instructions of user mode | |");
    println!("| --- | ---: |");
    let mut bare = under_callgrind(&folder, &env::current_exe()?);
    bare.arg(BARE);
    let bare = Server::start(bare, &[]);
    let people = People::new(bare.port);
    let counted = count(&folder, &bare, &people, Operation::Bare, Who::Among(FEW))?;
    drop(bare);
    println!("| a POST to a bare Rocket | {counted:.0} |");

    let settings = [&SETTINGS[..], &[("PORTCULLIS_STORE", "memory")]].concat();
    let program = under_callgrind(&folder, Path::new(options.program().get_program()));
    let server = Server::start(program, &settings);
    let people = People::new(server.port);
    fill(&server, &people, 0, FEW)?;
    for cost in &COSTS {
        let counted = count(&folder, &server, &people, cost.operation, cost.who)?;
        println!("| {} | {counted:.0} |", cost.what);
    }
    println!();
    println!(
        "Where they go: `callgrind_annotate --inclusive=yes FILE`, a file for each line in {}",
        folder.display()
    );
    Ok(())
}

fn under_callgrind(folder: &Path, program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}/%p", folder.display()))
        .arg(program);
    command
}

/// Instructions of one operation.
fn count(
    folder: &Path,
    server: &Server,
    people: &People,
    operation: Operation,
    who: Who,
) -> io::Result<f64> {
    let later = match who {
        Who::New(first) => Who::New(first + COUNTED),
        among @ Who::Among(_) => among,
    };
    repeat(server, people, operation, who, COUNTED)?;
    // What was counted until now goes to a file of its own.
    dump(folder, server)?;
    repeat(server, people, operation, later, COUNTED)?;
    Ok(number(dump(folder, server)?) / number(COUNTED))
}

/// Has callgrind write down what it has counted since it last did, and reads the sum.
fn dump(folder: &Path, server: &Server) -> io::Result<u64> {
    let files = || -> io::Result<Vec<_>> {
        let files = fs::read_dir(folder)?;
        files.map(|file| Ok(file?.path())).collect()
    };
    let before = files()?;
    let status = Command::new("callgrind_control")
        .args(["--dump", &server.id()])
        .output()?
        .status;
    if !status.success() {
        return Err(io::Error::other("callgrind_control failed"));
    }
    let new = files()?.into_iter().find(|file| !before.contains(file));
    let text = fs::read_to_string(new.ok_or(io::ErrorKind::NotFound)?)?;
    let sum = text
        .lines()
        .find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
    sum.ok_or_else(|| io::Error::other("callgrind wrote no sum"))
}
