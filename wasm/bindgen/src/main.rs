//! `portcullis-bindgen MODULE.wasm FOLDER NAME`: writes `NAME.js`, `NAME_bg.wasm` and their type
//! declarations, for a page that loads them as they are. Where Binaryen's `wasm-opt` is there, it
//! makes the module smaller.

use std::env;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

use anyhow::{Context, Result, bail, ensure};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [module, folder, name] = &arguments[..] else {
        bail!("usage: portcullis-bindgen MODULE.wasm FOLDER NAME");
    };
    let (module, folder) = (Path::new(module), Path::new(folder));

    let generated = module.with_file_name(name);
    Bindgen::new()
        .input_bytes(name, without_references(fs::read(module)?))
        .out_name(name)
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&generated)?;
    optimise(&generated.join(format!("{name}_bg.wasm")))?;

    // A file that stays the same keeps its time, or the host would be built anew after every run.
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(&generated)? {
        let entry = entry?;
        let contents = fs::read(entry.path())?;
        let target = folder.join(entry.file_name());
        if fs::read(&target).ok().as_ref() != Some(&contents) {
            fs::write(&target, &contents)
                .with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}

/// Tells wasm-bindgen not to pass references to JavaScript's objects, of which none crosses the border.
/// Debian's `wasm-opt` writes their table as one of another type, and browsers refuse the module.
fn without_references(mut module: Vec<u8>) -> Vec<u8> {
    // An entry of the section `target_features`: used (+) or not (-), the name's length, the name.
    const USED: &[u8] = b"+\x0freference-types";
    if let Some(at) = module.windows(USED.len()).rposition(|entry| entry == USED) {
        module[at] = b'-';
    }
    module
}

/// Makes the module smaller where `wasm-opt` is there.
fn optimise(module: &Path) -> Result<()> {
    // What rustc uses by default, and every browser of the last years has.
    const FEATURES: [&str; 5] = [
        "--enable-bulk-memory",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-sign-ext",
    ];
    let mut command = Command::new("wasm-opt");
    command
        .args(FEATURES)
        .args(["-Oz", "-o"])
        .args([module, module]);
    match command.status() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("wasm-opt is not there: the module stays larger than it has to be");
            Ok(())
        }
        status => {
            ensure!(status?.success(), "wasm-opt refuses {}", module.display());
            Ok(())
        }
    }
}
