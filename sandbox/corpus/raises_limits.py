# Tries: raise its own limits, its priority and its scheduling class
# Must: every one is refused
# Verdict: AC exited
# Says: 8 were tried
import os
import resource

tried = 0


def refused(what, call):
    global tried
    tried += 1
    try:
        call()
        print("HOLE", what)
    except (OSError, ValueError):
        pass


for name in ("NOFILE", "FSIZE", "CORE", "CPU"):
    number = getattr(resource, f"RLIMIT_{name}")
    hard = resource.getrlimit(number)[1]
    more = resource.RLIM_INFINITY
    refused(f"{name} beyond {hard}", lambda: hard == more or resource.setrlimit(number, (more, more)))
refused("nice -20", lambda: os.nice(-20))
refused("priority of init", lambda: os.setpriority(os.PRIO_PROCESS, 1, -20))
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    refused(f"scheduling class {policy}", lambda: os.sched_setscheduler(0, policy, os.sched_param(10)))
print(tried, "were tried")
