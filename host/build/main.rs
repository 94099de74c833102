//! The build script: with the feature `page`, the page is compiled in.

#[cfg(feature = "page")]
mod page;

#[cfg(feature = "page")]
fn main() -> page::Result<()> {
    page::build()
}

#[cfg(not(feature = "page"))]
fn main() {
    println!("cargo::rerun-if-changed=build");
}
