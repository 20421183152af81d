"""C++: every .cpp file in the entry's own folder, into one static program."""

from sandbox.languages import c
from sandbox.languages.language import Language, SelfTest

MAIN = b"""\
#include <iostream>
#include <string>

int main() {
    for (std::string line; std::getline(std::cin, line);)
        std::cout << '[' << line << ']' << std::endl;
}
"""
LANGUAGE = Language(
    "cpp",
    "C++",
    SelfTest({"entry.toml": b'language = "cpp"\n', "main.cpp": MAIN}),
    run=("./agent",),
    build=("sh", "-c", "exec g++ -O2 -std=gnu++20 -static -o agent *.cpp"),
    packages=c.PACKAGES,
    tools=("g++", "make"),
    links=c.LINKS,
)
