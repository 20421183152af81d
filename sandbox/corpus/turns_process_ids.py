# Tries: learn what ran before from counters that go on: process ids, descriptors, inode numbers of its folders
# Must: they begin anew in each container
# Kind: turns
# Verdict: AC stopped
import os

role = ""


def reset(info):
    global role
    role = info["role"]


def act(observation):
    if role == "leave":
        for number in range(300):
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)
        return []
    found = []
    if os.getpid() > 200:
        found.append(f"its process id is {os.getpid()}")
    if os.path.exists("/proc/sys/kernel/ns_last_pid") and int(open("/proc/sys/kernel/ns_last_pid").read()) > 200:
        found.append("the last process id")
    return found
