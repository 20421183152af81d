# Tries: fail, and leave something all the same
# Must: what a failed build leaves is not run
# Kind: build
# Verdict: CE exited
open("agent.py", "w").write("def act(observation):\n    return 'built'\n")
raise SystemExit(3)
