//! Explains what it reads from standard input: `cargo run -p portcullis-core --features inspect --example inspect < response.json`.

use std::io::{Read, Write};

use portcullis_core::inspect::{TextWriter, inspect};

fn main() -> std::io::Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let mut text = TextWriter::new(String::new());
    inspect(&mut input, &mut text);
    let text = text.finish().map_err(std::io::Error::other)?;
    std::io::stdout().write_all(text.as_bytes())
}
