# Tries: open files until there are no more descriptors, in several processes
# Must: each process has its limit, and cannot raise it
# Verdict: AC exited
# Says: held in every process
# Limits: open_files=128
import errno
import os
import resource

try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    print("HOLE the limit was raised")
except (OSError, ValueError):
    pass
children = [os.fork() for _ in range(3)]
opened = 0
try:
    while opened < 4096:
        os.open("/dev/null", os.O_RDONLY)
        opened += 1
except OSError as error:
    good = error.errno == errno.EMFILE and opened < 128
else:
    good = False
if 0 in children:
    os._exit(0 if good else 1)
good = good and all(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 for child in children)
os.closerange(3, 200)
print("held in every process" if good else "HOLE")
