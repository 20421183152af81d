# Tries: carry data out by asking for names
# Must: nobody is there to ask
# Verdict: AC exited
# Says: nobody answers
import socket

for name in ("localhost.localdomain.invalid", "host.docker.internal", "gateway.docker.internal", "metadata.invalid"):
    try:
        print("HOLE", name, socket.gethostbyname(name))
    except OSError:
        pass
print("nobody answers")
