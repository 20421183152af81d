"""Python, as the player image holds it: agent.py is served; a build step of the entry's own may prepare files."""

from sandbox.languages.language import Language, SelfTest

AGENT = b"""\
import numpy


def act(message):
    return list(numpy.array([message], dtype=object))
"""
LANGUAGE = Language("python", "Python", SelfTest({"agent.py": AGENT}), run=())
