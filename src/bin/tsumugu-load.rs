//! The load tool. Only reads arguments: everything else is in the library.

fn main() -> std::process::ExitCode {
    tsumugu::load::main()
}
