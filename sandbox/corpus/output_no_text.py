# Tries: bytes that are no text, escape sequences and zeros, for whoever decodes or prints them
# Must: taken as they are; what cannot be decoded is replaced
# Verdict: AC exited
import os

os.write(1, bytes(range(256)) * 8 + b"\x1b]0;title\x07\x1b[2J" + "\u202e".encode() + b"\xf0\x28\x8c\x28" + b"\0" * 100)
