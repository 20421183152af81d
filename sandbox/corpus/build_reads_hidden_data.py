# Tries: look for the contest's data while it is built: hidden cases, seeds, keys, other entries
# Must: a build has nothing but the entry, within the same walls as a run
# Kind: build
# Verdict: AC exited
# Says: nothing hidden
import os

for folder, folders, names in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/usr", "/lib", "/opt/packages", "/etc")):
        folders.clear()
        continue
    for name in names:
        if name.endswith((".key", ".db", ".sock", ".pem")) or name in ("up.json", "podium.db", "seed.key", "session.key"):
            print("HOLE", os.path.join(folder, name))
others = [name for name in os.listdir("/podium") if name not in ("entry", "stdin")]
if others:
    print("HOLE beside the entry:", others)
for name, value in os.environ.items():
    if name.startswith("PODIUM_") or "SECRET" in name or "TOKEN" in name:
        print("HOLE", name)
if os.listdir("/sys/class/net") != ["lo"]:
    print("HOLE a network", os.listdir("/sys/class/net"))
for path in ("/usr/x", "/opt/podium/x", "/podium/x"):
    try:
        open(path, "w").close()
        print("HOLE", path)
    except OSError:
        pass
print("nothing hidden")
