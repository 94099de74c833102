//! Links without a C runtime: the program is never run.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os != "none") {
        println!("cargo:rustc-link-arg-bins=-nostartfiles");
        // memcpy and its kind.
        println!("cargo:rustc-link-arg-bins=-lc");
    }
}
