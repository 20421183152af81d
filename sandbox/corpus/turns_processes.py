# Tries: leave processes for the next run: a daemon that waits, with a socket and a shared mapping
# Must: they die with their container, and the next run finds nobody
# Kind: turns
# Verdict: AC stopped
import os
import signal
import socket
import time

role = ""


def reset(info):
    global role
    role = info["role"]


def act(observation):
    if role == "leave":
        if os.fork() == 0:
            os.setsid()
            for number in range(1, 65):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            if os.fork() == 0:
                sock = socket.socket(socket.AF_UNIX)
                sock.bind("\0podium-left")
                sock.listen()
                time.sleep(60)
            os._exit(0)
        os.wait()
        return []
    found = []
    try:
        socket.socket(socket.AF_UNIX).connect("\0podium-left")
        found.append("the daemon answers")
    except OSError:
        pass
    return found
