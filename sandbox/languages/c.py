"""C: every .c file in the entry's own folder, into one static program."""

from sandbox.languages.language import Language, SelfTest

PACKAGES = ("gcc", "g++", "libc6-dev", "make", "coreutils", "findutils", "sed", "grep", "mawk")
"""The compilers of C and C++, which share an image, and what a Makefile takes for granted."""
LINKS = {"usr/bin/cc": "gcc", "usr/bin/c++": "g++", "usr/bin/awk": "mawk"}
MAIN = b"""\
#include <stdio.h>
#include <string.h>

int main(void) {
    static char line[1 << 16];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\\n")] = 0;
        printf("[%s]\\n", line);
        fflush(stdout);
    }
    return 0;
}
"""
LANGUAGE = Language(
    "c",
    "C",
    SelfTest({"entry.toml": b'language = "c"\n', "main.c": MAIN}),
    run=("./agent",),
    build=("sh", "-c", "exec gcc -O2 -std=gnu17 -static -o agent *.c -lm"),
    packages=PACKAGES,
    tools=("gcc", "make"),
    links=LINKS,
)
