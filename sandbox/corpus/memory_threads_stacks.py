# Tries: threads with huge stacks, all of them used
# Must: memory is memory
# Verdict: MLE memory or RTE exited
# Limits: processes=40
import ctypes
import threading
import time

threading.stack_size(32 << 20)


def deep():
    block = ctypes.create_string_buffer(8 << 20)
    ctypes.memset(block, 1, 8 << 20)
    time.sleep(60)


for _ in range(30):
    threading.Thread(target=deep).start()
