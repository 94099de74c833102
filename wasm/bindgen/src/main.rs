//! `portcullis-bindgen MODULE.wasm FOLDER`: writes `portcullis.js`, `portcullis_bg.wasm` and their
//! type declarations, for a page that loads them as they are.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (module, folder) = arguments
        .next()
        .zip(arguments.next())
        .context("usage: portcullis-bindgen MODULE.wasm FOLDER")?;

    let generated = module.with_extension("pkg");
    Bindgen::new()
        .input_path(&module)
        .out_name("portcullis")
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&generated)?;

    // A file that stays the same keeps its time, or the host would be built anew after every run.
    fs::create_dir_all(&folder)?;
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
