"""The two ways between the runner and the host, for the runner's own order first and then for the program."""

import _signal as signal
import os
import resource
import select
import struct
import sys
import time


class Line:
    """By a socket, which the program gets as it is."""

    def __init__(self, number: int) -> None:
        self.reader = self.writer = number

    def say(self, data: bytes) -> None:
        write(self.writer, data)

    def receive(self, order: dict) -> None:
        """The entry and its input are files already."""

    def open(self, order: dict) -> None:
        """The entry is unpacked, and the program about to be started."""

    def enter(self, *, talks: bool) -> None:
        """Called by the child, which keeps `reader` and `writer` only where it talks on them."""

    def attend(self, program: int, *, collects: bool) -> int:
        """Called by the parent: the program's exit code, negative for a signal."""
        if not collects:
            os.close(self.writer)
        return os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])


class Stdio:
    """By our own standard streams: see runner.py for what goes over them."""

    PRINTED, SAID, HUNG_UP, USED = 1, 3, 4, 5
    FIRST_LOOK_SECONDS, LOOK_SECONDS = 0.01, 0.2

    def __init__(self) -> None:
        self.reader, self.writer = 0, 1
        self.usage = Usage()
        self.looked, self.pause = 0.0, self.FIRST_LOOK_SECONDS
        self.say(b"\n")

    def say(self, data: bytes) -> None:
        self.frame(self.SAID, data)

    def frame(self, kind: int, data: bytes) -> None:
        write(1, struct.pack(">BxxxI", kind, len(data)) + data)

    def receive(self, order: dict) -> None:
        order["entry"] = self.kept(order["entry_bytes"])
        order["stdin"] = self.kept(order["stdin_bytes"]) if order["stdin_bytes"] else None

    def kept(self, size: int) -> str:
        """The next so many bytes as a file in memory; its path."""
        number = os.memfd_create("podium")
        left = size
        while left:
            data = os.read(0, min(left, 65_536))
            if not data:
                sys.exit(0)
            write(number, data)
            left -= len(data)
        return f"/proc/self/fd/{number}"

    def open(self, order: dict) -> None:
        os.close(int(order["entry"].rpartition("/")[2]))
        self.look()
        self.woken, self.waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self.waker)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.said, self.writer = os.pipe()
        self.printed, self.printer = os.pipe()

    def enter(self, *, talks: bool) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(self.printer, 1)
        for number in (self.said, self.printed, self.printer, self.woken, self.waker):
            os.close(number)
        if talks:
            self.reader = os.dup(0)
        else:
            os.close(self.writer)

    def attend(self, program: int, *, collects: bool) -> int:
        kinds = {self.printed: self.PRINTED, self.said: self.SAID}
        poll = select.poll()
        for number in (self.writer, self.printer):
            os.close(number)
        for number in (*kinds, self.woken):
            poll.register(number, select.POLLIN)
        status = None
        while status is None:
            for number, _ in poll.poll(self.pause * 1000):
                if number == self.woken:
                    os.read(number, 512)
                elif not self.pass_on(number, kinds[number]):
                    poll.unregister(number)
                    if number == self.said and not collects:
                        self.frame(self.HUNG_UP, b"x")
            self.look_again()
            pid, ended = os.waitpid(program, os.WNOHANG)
            status = ended if pid else None
        for number, kind in kinds.items():  # what is in the pipes; others may hold them open, and do not count
            os.set_blocking(number, False)
            while self.pass_on(number, kind):
                pass
        self.look()
        return os.waitstatus_to_exitcode(status)

    def pass_on(self, number: int, kind: int) -> bool:
        try:
            data = os.read(number, 65_536)
        except BlockingIOError:
            return False
        if data:
            self.frame(kind, data)
        return bool(data)

    def look_again(self) -> None:
        if time.monotonic() >= self.looked + self.pause:
            self.pause = min(2 * self.pause, self.LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        self.looked = time.monotonic()
        self.frame(self.USED, struct.pack(">QQ", *self.usage.look()))


class Usage:
    """What our control group has used: its files lie at the same places in every container."""

    CPU = (("/sys/fs/cgroup/cpuacct/cpuacct.usage", 1000), ("/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", 1000))
    NOW = ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory.current")
    PEAK = ("/sys/fs/cgroup/memory/memory.max_usage_in_bytes", "/sys/fs/cgroup/memory.peak")

    def __init__(self) -> None:
        self.peak_before = None

    def look(self) -> tuple[int, int]:
        """CPU time in microseconds, and memory in bytes: at first what is held now, from then on the peak."""
        now, peak = number_in(self.NOW), number_in(self.PEAK)
        if self.peak_before is None:
            self.peak_before = peak
            return self.cpu(), now
        return self.cpu(), peak if peak > self.peak_before else now

    def cpu(self) -> int:
        for path, per_microsecond in self.CPU:
            if used := number_in([path]):
                return used // per_microsecond
        try:
            with open("/sys/fs/cgroup/cpu.stat") as file:  # noqa: PTH123
                return next(int(line.split()[1]) for line in file if line.startswith("usage_usec"))
        except (OSError, StopIteration):
            both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
            return round(sum(used.ru_utime + used.ru_stime for used in both) * 1e6)


def number_in(paths: list[str] | tuple[str, ...]) -> int:
    """What the first of these files that is there holds; 0 where none is."""
    for path in paths:
        try:
            with open(path) as file:  # noqa: PTH123
                return int(file.read())
        except (OSError, ValueError):
            continue
    return 0


def write(number: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(number, left) :]
