"""An entry in another language, from its upload to its score, on a real system with a real Docker."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.system import Person, patience, running

CPP = r"""
#include <iostream>
#include <regex>
#include <string>

int main() {
    std::cerr << "compiled and alive" << std::endl;
    std::regex say("\"say\": ?(\"[^\"]*\")");
    for (std::string line; std::getline(std::cin, line);) {
        std::smatch found;
        std::cout << (std::regex_search(line, found, say) ? found[1].str() : "true") << std::endl;
    }
}
"""
C = r"""
#include <stdio.h>
#include <string.h>

int main(void) {
    static char line[65536];
    while (fgets(line, sizeof line, stdin)) {
        char *word = strstr(line, "\"say\"");
        if (word && (word = strchr(word, ':')) && (word = strchr(word, '"')))
            printf("\"%s\"\n", strtok(word + 1, "\""));
        else
            puts("true");
        fflush(stdout);
    }
    return 0;
}
"""
RUST = r"""
use std::io::{self, BufRead};

fn main() {
    for line in io::stdin().lock().lines() {
        let line = line.unwrap();
        match line.split("\"say\"").nth(1).and_then(|rest| rest.split('"').nth(1)) {
            Some(word) => println!("\"{}\"", word),
            None => println!("true"),
        }
    }
}
"""


def packed(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return buffer.getvalue()


@pytest.mark.docker
def test_entries_in_c_cpp_and_rust_are_built_and_scored_and_a_broken_one_hears_why(tmp_path: Path) -> None:
    entries = {
        "AC": [
            packed(entry_toml='language = "cpp"', main_cpp=CPP),
            packed(entry_toml='language = "c"', main_c=C),
            packed(entry_toml='language = "rust"', main_rs=RUST),
        ],
        "CE": [packed(entry_toml='language = "cpp"', main_cpp="int main() { return nonsense; }")],
    }
    with running(tmp_path / "data", PODIUM_SANDBOX="docker", PODIUM_WORKERS="1") as system:
        slug = system.open_contest()
        with Person(system.url, "polyglot") as person:
            person.join(slug)
            sent = [(verdict, person.upload(slug, content)) for verdict, all_ in entries.items() for content in all_]
            for _ in patience(240, lambda: f"not judged: {[person.status(page) for _, page in sent]}"):
                if all(person.status(page)["final"] for _, page in sent):
                    break
            assert [person.status(page)["verdict"] for _, page in sent] == [verdict for verdict, _ in sent]
            good, broken = person.get(sent[0][1]).text, person.get(sent[-1][1]).text
            assert 'id="h-build"' in good
            assert "compiled and alive" in good
            assert "nonsense" in broken
            assert "was not declared in this scope" in person.get(f"{sent[-1][1]}/build").text
        assert len(list((tmp_path / "data" / "builds").glob("*.tar.gz"))) == 3
    assert system.leftovers() == []
