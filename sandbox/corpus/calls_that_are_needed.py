# Tries: nothing bad: what ordinary libraries do, under the same walls
# Must: all of it works, or the walls stop the honest too
# Verdict: AC exited
# Limits: memory_mib=256 cpu_seconds=10 wall_seconds=20 processes=64
# Says: b'shell\n' [1, 2] 2.0 1 20
import asyncio
import multiprocessing
import select
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading

import numpy


async def child():
    process = await asyncio.create_subprocess_exec("/bin/sh", "-c", "echo shell", stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0]


if __name__ == "__main__":
    shell = asyncio.run(child())
    with multiprocessing.Pool(2) as pool:
        mapped = pool.map(abs, [-1, -2])
    with tempfile.TemporaryDirectory() as folder:
        sqlite3.connect(f"{folder}/db").execute("create table t (x)").connection.close()
    found = []
    thread = threading.Thread(target=lambda: found.append(float(numpy.linalg.inv(numpy.eye(2)).sum())))
    thread.start()
    thread.join()
    said = subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True, check=True).stdout.strip()
    left, right = socket.socketpair()
    left.send(b"20")
    select.select([right], [], [], 1)
    print(shell, mapped, found[0], said, right.recv(2).decode())
