"""The list of languages: each complete, each proved on every backend that really runs programs."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import languages, proof
from sandbox.docker import DockerSandbox
from sandbox.fake import FakeSandbox, Script
from sandbox.languages import ANY, LANGUAGES, Language
from sandbox.languages.executable import echo
from sandbox.manifest import read_manifest
from sandbox.process import ProcessSandbox

each = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.slug)


@pytest.mark.docker
@each
def test_a_language_is_built_and_played_in_containers(
    docker_sandbox: DockerSandbox, leaves_nothing: None, language: Language
) -> None:
    assert proof.prove(docker_sandbox, language) == ""


@each
def test_a_language_is_built_and_played_with_the_tools_of_this_machine(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = ProcessSandbox()
    if sandbox.builder(language.slug) is None:
        assert proof.prove(sandbox, language).startswith("ImageMissing: this machine has no")
    else:
        assert proof.prove(sandbox, language) == ""


@each
def test_a_self_test_is_an_entry_of_its_language(language: Language) -> None:
    text = language.self_test.files.get("entry.toml")
    if text is not None:
        assert read_manifest(text).language == language.slug
    assert language.self_test.exchange


def test_slugs_are_unique_and_any_is_none_of_them() -> None:
    slugs = [language.slug for language in LANGUAGES]
    assert len(slugs) == len(set(slugs))
    assert ANY not in slugs
    assert all(len(slug) <= 20 for slug in (*slugs, ANY))


def test_any_has_the_tools_of_all() -> None:
    for language in LANGUAGES:
        assert set(languages.packages(language.slug)) <= set(languages.packages(ANY))
        assert set(languages.tools(language.slug)) <= set(languages.packages(language.slug)) | {"make"}


def test_a_language_that_says_something_else_is_not_proved() -> None:
    broken = FakeSandbox(Script(act=lambda message: "no"))
    (c,) = languages.chosen("c")
    assert "where [7] was due" in proof.prove(broken, c)


def test_the_machine_code_of_the_static_executable_repeats_what_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "echo"
    path.write_bytes(echo())
    path.chmod(0o755)
    said = subprocess.run([path], input=b"one\ntwo\n", capture_output=True, timeout=10, check=True)
    assert said.stdout == b"one\ntwo\n"


def test_the_languages_need_nothing_of_ours_but_themselves() -> None:
    program = "import sys, sandbox.languages; print(sorted(n for n in sys.modules if n.startswith('sandbox.')))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "sandbox.errors" not in said
    assert "sandbox.languages.rust" in said
