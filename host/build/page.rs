//! Compiles the page into the program. `$OUT_DIR/web` gets every file of `web`, and the WebAssembly
//! verifier where it has been built, each plain, `.br` and `.gz`; `$OUT_DIR/page.rs` is the table of
//! them that `routes/page.rs` serves. In the repository `web` and `wasm` are links to where the page and its
//! modules are made; in a package they are folders.

use core::{error::Error, fmt::Write as _};
use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

pub(crate) type Result<T> = core::result::Result<T, Box<dyn Error>>;

/// The modules that wasm-bindgen writes for `--target web`: the verifier, without and with the diagnosis, what
/// explains bytes, and what verifies receipts. Each is a `.js` and a `_bg.wasm`.
const WASM_MODULES: [&str; 5] = [
    "portcullis",
    "portcullis_diagnose",
    "portcullis_inspect",
    "portcullis_receipt",
    "portcullis_settings",
];

/// Served in the place of a module that is not built: the page then says so.
const WASM_STUB: &str = "export const built = false;\n";

pub(crate) fn build() -> Result<()> {
    println!("cargo::rerun-if-changed=build");
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut page = Page {
        folder: out.join("web"),
        table: String::new(),
    };

    let web = here.join("web").canonicalize()?;
    println!("cargo::rerun-if-changed={}", web.display());
    for file in files_below(&web)? {
        let name = file
            .strip_prefix(&web)?
            .to_str()
            .ok_or("a file name is not UTF-8")?;
        page.add(&name.replace('\\', "/"), &fs::read(&file)?)?;
    }

    let folder = wasm_folder(&here)?;
    for module in WASM_MODULES {
        let [script, binary] = wasm_files(module);
        if is_built(&folder, module) {
            for name in [script, binary] {
                page.add(&format!("wasm/{name}"), &fs::read(folder.join(name))?)?;
            }
        } else {
            println!(
                "cargo::warning=built without the page's {module}: `./portcullis serve` builds it"
            );
            page.add(&format!("wasm/{script}"), WASM_STUB.as_bytes())?;
        }
    }

    fs::write(out.join("page.rs"), format!("&[{}]", page.table))?;
    Ok(())
}

/// Where the built verifier lies. Only what exists is watched: Cargo would otherwise run this
/// script, and rebuild the host, every time.
fn wasm_folder(here: &Path) -> Result<PathBuf> {
    println!("cargo::rerun-if-env-changed=PORTCULLIS_WASM");
    if let Some(folder) = env::var_os("PORTCULLIS_WASM").map(PathBuf::from) {
        if !WASM_MODULES.iter().all(|module| is_built(&folder, module)) {
            let message = "is PORTCULLIS_WASM, but the built verifier is not in it";
            return Err(format!("{} {message}", folder.display()).into());
        }
        println!("cargo::rerun-if-changed={}", folder.display());
        return Ok(folder);
    }
    let folder = here.join("wasm");
    let watched = folder
        .canonicalize()
        .or(here.join("../wasm").canonicalize());
    if let Ok(watched) = watched {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    Ok(folder)
}

fn wasm_files(module: &str) -> [String; 2] {
    [format!("{module}.js"), format!("{module}_bg.wasm")]
}

fn is_built(folder: &Path, module: &str) -> bool {
    let files = wasm_files(module);
    files.iter().all(|name| folder.join(name).is_file())
}

/// Every file below `folder`, in a fixed order so that builds are reproducible.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

struct Page {
    folder: PathBuf,
    table: String,
}

impl Page {
    fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let plain = self.folder.join(name);
        let brotli = self.folder.join(format!("{name}.br"));
        let gzip = self.folder.join(format!("{name}.gz"));
        fs::create_dir_all(plain.parent().ok_or("a file without a folder")?)?;
        fs::write(&plain, content)?;
        fs::write(&brotli, brotli_of(content)?)?;
        fs::write(&gzip, gzip_of(content)?)?;

        let digest = Sha256::digest(content);
        let tag = digest
            .iter()
            .take(12)
            .try_fold(String::new(), |mut tag, byte| {
                write!(tag, "{byte:02x}").map(|()| tag)
            })?;
        writeln!(
            self.table,
            "File {{ name: {name:?}, tag: {tag:?}, plain: include_bytes!({plain:?}), \
             brotli: include_bytes!({brotli:?}), gzip: include_bytes!({gzip:?}) }},"
        )?;
        Ok(())
    }
}

fn brotli_of(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 22);
    writer.write_all(content)?;
    Ok(writer.into_inner())
}

fn gzip_of(content: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let options = zopfli::Options::default();
    zopfli::compress(options, zopfli::Format::Gzip, content, &mut compressed)?;
    Ok(compressed)
}
