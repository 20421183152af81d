"""Rust: `main.rs` with its modules by rustc; with a Cargo.toml by cargo, offline, from crates that the entry brings
(`cargo vendor`); its program is called agent."""

from sandbox.languages import c
from sandbox.languages.language import Language, SelfTest

MAIN = b"""\
use std::io::{self, BufRead, Write};

fn main() {
    for line in io::stdin().lock().lines() {
        println!("[{}]", line.unwrap());
        io::stdout().flush().unwrap();
    }
}
"""
BUILD = """\
if [ -f Cargo.toml ]; then
    cargo build --release --offline --target-dir /tmp/target && exec cp /tmp/target/release/agent agent
else
    exec rustc --edition 2021 -O -C target-feature=+crt-static -o agent main.rs
fi
"""
LANGUAGE = Language(
    "rust",
    "Rust",
    SelfTest({"entry.toml": b'language = "rust"\n', "main.rs": MAIN}),
    run=("./agent",),
    build=("sh", "-c", BUILD),
    packages=(*c.PACKAGES, "rustc", "cargo"),
    tools=("rustc", "cargo"),
    links=c.LINKS,
)
