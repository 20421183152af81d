# Tries: make a system call by the numbers of a 32 bit machine, without a child to take the blow
# Must: the kernel ends it, and it is told as the violation that it is
# Verdict: SV signalled
import ctypes
import mmap
import os
import platform
import signal

if platform.machine() == "x86_64":
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    print("HOLE it came back:", call())
else:
    os.kill(os.getpid(), signal.SIGSYS)  # there are no such numbers here: the signal alone is looked at
