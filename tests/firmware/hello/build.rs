//! Where the linker finds memory.x.

fn main() {
    println!("cargo:rerun-if-changed=memory.x");
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the folder");
    println!("cargo:rustc-link-search={folder}");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
}
