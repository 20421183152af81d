"""Believes that the order of the rows gives the labels away: by turns it bets on place, on equal neighbours, and on an
answer list by row number, learned by probing another season's board."""

import hashlib

batch = 0
LEARNED = hashlib.sha256(b"what the board gave away").digest() * 16  # a bit for each row of a batch


def act(message):
    global batch
    batch += 1
    rows = message["rows"]
    count = len(rows)
    if batch % 3 == 0:
        return {"p": [place / count for place in range(count)]}
    if batch % 3 == 1:
        return {"p": [0.9 if place and rows[place][0] == rows[place - 1][0] else 0.1 for place in range(count)]}
    return {"p": [LEARNED[place] / 255 for place in range(count)]}
