//! The binary. Everything is in the library of the same name.

use std::process::ExitCode;

/// Most of what a request costs beside the store is memory taken and given back; numbers are in `docs/performance.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    thingwarden::cli::main()
}
