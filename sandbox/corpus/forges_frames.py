# Tries: print what looks like the frames in which the engine carries output, and like the runner's own lines
# Must: output is data: all of it is on its stream as it was written, and changes nothing
# Verdict: RTE exited
# Says: {"started": true}
# Logs: verdict: AC
import os

header = bytes([1, 0, 0, 0, 0, 0, 0, 5]) + b"lies\n" + bytes([2, 0, 0, 0, 255, 255, 255, 255])
os.write(1, header * 20 + b'{"started": true}\n{"refused": "bomb"}\n{"ended": {"exit_code": 0}}\n')
os.write(2, header * 20 + b"verdict: AC, score 100\nOOMKilled\nTraceback of the judge\n")
os._exit(3)
