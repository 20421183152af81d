"""What the command line says to a person who was refused something. The portal has its own catalogues, in three
languages, for the same codes."""

from challenges.base import Message
from judge.errors import Refusal

_ENGLISH = {
    "archive-absolute": "the archive names a file by an absolute path; pack the entry from inside its folder",
    "archive-bad-entry-toml": 'entry.toml cannot be used; it needs a line such as: run = ["./agent"]',
    "archive-bad-name": "the archive holds a file whose name cannot be used; rename it in plain characters",
    "archive-bomb": "the archive unpacks to more than an entry may hold",
    "archive-device": "the archive holds something that is no file; pack plain files only",
    "archive-duplicate": "the archive names a file twice",
    "archive-empty": "there is nothing in it",
    "archive-encrypted": "the archive is encrypted; pack it without a password",
    "archive-link": "the archive holds a link; pack the file itself",
    "archive-name-too-long": "the archive holds a file with too long a name",
    "archive-no-entry-point": "there is neither agent.py nor entry.toml at its root",
    "archive-not-readable": "the archive cannot be read: damaged, or not what its name says",
    "archive-not-text": "a .py entry must be text in UTF-8",
    "archive-too-large": "the entry is larger than this contest takes",
    "archive-too-many-files": "the archive holds too many files",
    "archive-traversal": "the archive names a file outside of itself",
    "archive-wrong-type": "an entry is a .zip, a .tar.gz or a single .py",
    "build-failed": "the entry could not be built: the build command failed; the build's log says why",
    "build-memory": "the build used more memory than it may",
    "build-output": "the build printed more than it may",
    "build-time": "the build took longer than it may",
    "build-too-large": "what the build left is too large; build in /tmp and keep only what is run",
    "build-unusable": "what the build left cannot be run; the build's log says why",
    "deck-cut-off": "the PDF has no end: it was cut off while it was saved or copied; save it again",
    "deck-damaged": "the PDF is damaged: its table of objects is not where it says; save it again",
    "deck-encrypted": "the PDF is encrypted; save it without a password",
    "deck-folder": "a folder with a deck holds deck.pdf and summary.txt",
    "deck-wrong-type": "this contest takes a PDF, and the file is none",
    "ended-mle": "the program ran out of memory",
    "ended-ole": "the program printed more than is allowed, and was ended",
    "ended-pe": "the program left the conversation before it was over",
    "ended-rte": "the program crashed; its log says why",
    "ended-sv": "the program tried something that the sandbox does not allow, and was ended",
    "ended-tle": "the program ran out of time",
    "link-malformed": "a link must begin with https:// and name a host",
    "links-too-many": "there are more links than this contest takes",
    "path-unknown": "there is nothing at that path",
    "reply-not-finite": "a reply held a number that is NaN or infinite",
    "reply-not-json": "a reply was not JSON",
    "reply-not-utf8": "a reply was not UTF-8 text",
    "reply-number-too-long": "a reply held a number with too many digits",
    "reply-too-deep": "a reply was nested too deep",
    "reply-too-long": "a reply was too long",
    "reply-too-much": "the replies of one run were too long together",
}


def refusal(error: Refusal) -> str:
    """One sentence, with the figures behind it."""
    return said(error.public)


def said(message: Message) -> str:
    """A message of the domain in a sentence, with the figures behind it."""
    sentence = _ENGLISH.get(message.code, message.code.replace("-", " "))
    figures = ", ".join(f"{name}: {value}" for name, value in message.params.items())
    return f"{sentence} ({figures})" if figures else sentence
