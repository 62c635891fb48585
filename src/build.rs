//! Tells a binary that links the prebuilt DuckDB to look for it beside itself, then in `../lib/rca`.

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let bundled = std::env::var_os("CARGO_FEATURE_BUNDLED").is_some();
    let linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    if linux && !bundled {
        println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN:$ORIGIN/../lib/rca");
    }
}
