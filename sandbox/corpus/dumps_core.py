# Tries: leave a core file as large as it is
# Must: no core is written, and the signal is told
# Verdict: RTE signalled
# Figures: written_bytes=..1000000
import os
import resource

if resource.getrlimit(resource.RLIMIT_CORE)[1]:
    print("HOLE a core may be written")
os.abort()
