# Tries: go round the list of system calls by the numbers of another machine: 32 bit on 64, and x32
# Must: refused, or killed by the kernel; never carried out
# Verdict: AC exited
# Says: no call came through
import ctypes
import mmap
import os
import platform

tries = []
if platform.machine() == "x86_64":
    tries = [
        ("int 0x80 getpid", b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"),
        ("x32 getpid", b"\xb8\x27\x00\x00\x40\x0f\x05\xc3"),
        ("x32 ptrace", b"\xb8\x09\x02\x00\x40\x0f\x05\xc3"),
    ]
for name, code in tries:
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    child = os.fork()
    if child == 0:
        os._exit(0 if call() < 0 else 1)
    if os.waitpid(child, 0)[1] == 1 << 8:
        print("HOLE", name)
print("no call came through")
