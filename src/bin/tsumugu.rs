//! The client. Only reads arguments: everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tsumugu_client::run::run(std::env::args_os(), tsumugu::demo::demo).into()
}
