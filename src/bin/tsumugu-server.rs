//! The exchange. Only reads arguments: everything else is in the library.

fn main() -> std::process::ExitCode {
    tsumugu_server::command_line::main()
}
