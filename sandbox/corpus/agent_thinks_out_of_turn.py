# Tries: think while it is the other's turn, in a thread that goes on after its answer
# Must: it is CPU time like any other
# Kind: agent
# Verdict: TLE cpu_time
# Limits: cpu_seconds=0.5
# Hears: ready | 1 | expired | closed
import threading
import time


def work():
    while True:
        pass


def act(observation):
    if observation == 1:
        threading.Thread(target=work, daemon=True).start()
        return observation
    time.sleep(60)
