//! Compiles the schema with protox: no `protoc` is needed on the machine.

use prost::Message;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=tsumugu");
    let files = [
        "admin",
        "directory",
        "enrolment",
        "errors",
        "exchange",
        "letter",
        "log",
        "receipt",
        "terminal",
    ]
    .map(|name| format!("tsumugu/v1/{name}.proto"));
    let set = protox::compile(files, ["."])?;
    // For reflection, and for the names of our methods.
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    std::fs::write(std::path::Path::new(&out).join("schema.bin"), set.encode_to_vec())?;
    let services = std::env::var_os("CARGO_FEATURE_SERVICES").is_some();
    tonic_prost_build::configure()
        .bytes(".")
        .build_client(services)
        .build_server(services)
        .build_transport(false)
        .compile_fds(set)?;
    Ok(())
}
