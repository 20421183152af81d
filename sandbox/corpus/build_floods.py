# Tries: flood the build's log
# Must: too much output ends a build too, and it is the entry's own failure
# Kind: build
# Verdict: CE output
while True:
    print("x" * 10_000)
