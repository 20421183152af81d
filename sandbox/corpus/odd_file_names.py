# Tries: leave files whose names break whoever lists or removes them
# Must: all of it is removed
# Verdict: AC exited
import os

for name in (b"-rf", b" ", b"\n", b"\xff\xfe", b"a" * 255, b"*", b"$(reboot)", b"..\\x", b"\x1b[2J", b"~"):
    with open(os.path.join(b"/tmp", name), "wb"):
        pass
    os.chmod(os.path.join(b"/tmp", name), 0)
os.mkdir("/tmp/closed")
with open("/tmp/closed/x", "w"):
    pass
os.chmod("/tmp/closed", 0)
