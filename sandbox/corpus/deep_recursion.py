# Tries: recurse until the stack is used up, Python's own guard removed
# Must: a crash of its own
# Verdict: RTE signalled or RTE exited or MLE memory
import sys

sys.setrecursionlimit(1 << 30)


def down(level):
    return down(level + 1) + 1


down(0)
