# Tries: reach the machine that it runs on, by its loopback, its bridge and its abstract sockets
# Must: there is no network but a loopback of its own
# Verdict: AC exited
# Given: listener
# Says: alone
import json
import os
import socket
import sys

given = json.load(sys.stdin)
for host, port in given["addresses"]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            sock.settimeout(0.3)
            try:
                sock.connect((host, port))
                sock.send(b"hello")
                if kind == socket.SOCK_STREAM:
                    print("HOLE reached", host)
            except OSError:
                pass
with socket.socket(socket.AF_UNIX) as sock:
    try:
        sock.connect("\0" + given["abstract"])
        print("HOLE reached an abstract socket of the host")
    except OSError:
        pass
if os.listdir("/sys/class/net") != ["lo"]:
    print("HOLE it has", os.listdir("/sys/class/net"))
routes = open("/proc/net/route").read().splitlines()[1:] + open("/proc/net/arp").read().splitlines()[1:]
if routes:
    print("HOLE routes", routes)
for kind, protocol in ((socket.SOCK_RAW, socket.IPPROTO_ICMP), (socket.SOCK_RAW, 255)):
    try:
        socket.socket(socket.AF_INET, kind, protocol)
        print("HOLE a raw socket")
    except OSError:
        pass
print("alone")
