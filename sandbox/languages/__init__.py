"""The languages that an entry may be written in. One small file each; another language is another file and a line here.

Standard library only, and no import of anything else of ours: the images hold this folder, and the runner in them reads
an entry's manifest by it.
"""

from collections.abc import Mapping

from sandbox.languages import c, cpp, executable, python, rust
from sandbox.languages.language import Language, SelfTest

__all__ = ["ANY", "LANGUAGES", "Language", "SelfTest", "by_slug", "chosen", "links", "packages", "tools"]

LANGUAGES: tuple[Language, ...] = (python.LANGUAGE, c.LANGUAGE, cpp.LANGUAGE, rust.LANGUAGE, executable.LANGUAGE)
ANY = "any"
"""In the place of a language: an entry with a `build` step that names none is built where all of them are."""


def by_slug(slug: str) -> Language | None:
    return next((language for language in LANGUAGES if language.slug == slug), None)


def chosen(slug: str) -> tuple[Language, ...]:
    """Those whose tools are needed to build for `slug`, which may be ANY. Raises KeyError for an unknown one."""
    if slug == ANY:
        return LANGUAGES
    language = by_slug(slug)
    if language is None:
        raise KeyError(slug)
    return (language,)


def packages(slug: str) -> tuple[str, ...]:
    """Debian's packages for building, sorted; none where the player image is enough. Raises as `chosen`."""
    return tuple(sorted({package for language in chosen(slug) for package in language.packages}))


def tools(slug: str) -> tuple[str, ...]:
    """Those of the packages whose versions are told. Raises as `chosen`."""
    return tuple(dict.fromkeys(tool for language in chosen(slug) for tool in language.tools))


def links(slug: str) -> Mapping[str, str]:
    """Path and target. Raises as `chosen`."""
    return {path: target for language in chosen(slug) for path, target in language.links.items()}
