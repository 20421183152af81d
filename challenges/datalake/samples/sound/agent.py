"""The starter kit: clean the rows, fit a logistic regression, predict.

`reset` gets the first message, and in it the whole train file; `act` gets a batch of hidden rows and returns for each
the chance that it ended in a purchase. Training here takes a second. You may as well train at home, on the train file
from the contest's page, and bring your model along: it is the same file.

What a regression cannot see is where to begin: the hours differ from district to district, some like it neither hot nor
cold, a price is high or low only beside what is usual there, and the sensors speak of one another.
"""

import math
from datetime import datetime

import numpy as np
from sklearn.linear_model import LogisticRegression

NUMBERS = ["temperature", "price", "visits", "age", "tenure", "basket", "inflow", "outflow", "pressure", "noise"]
SKEWED = {"price", "visits", "tenure", "inflow", "outflow"}  # better on a logarithmic scale

names, ranges, choices = [], {}, {}
middles, spreads = [], []  # of each number, in the train file
model = None


def reset(info):
    """Called once, before the first batch: learn."""
    global model
    fields = info["fields"]
    names[:] = [field["name"] for field in fields]
    ranges.update({field["name"]: field["range"] for field in fields if field["kind"] == "number"})
    choices.update({field["name"]: field["values"] for field in fields if field["kind"] == "category"})
    rows, labels = without_repeats(info["train"]["rows"], info["train"]["labels"])
    events = [clean(row) for row in rows]
    for name in NUMBERS:
        known = [event[name] for event in events if event[name] is not None]
        middles.append(float(np.median(known)))
        spreads.append(float(np.std(known)))
    model = LogisticRegression(C=0.3, max_iter=500).fit(table(events), labels)


def act(message):
    """Called for every batch of hidden rows."""
    events = [clean(row) for row in message["rows"]]
    return {"p": [float(chance) for chance in model.predict_proba(table(events))[:, 1]]}


def without_repeats(rows, labels):
    """Some events were written more than once, right after one another; only the first line's label can be trusted."""
    kept = [i for i in range(len(rows)) if i == 0 or rows[i] != rows[i - 1]]
    return [rows[i] for i in kept], [labels[i] for i in kept]


def clean(row):
    """A row by the names of its fields, units and spellings put right; None where nothing is known."""
    event = dict(zip(names, row))
    event["time"] = datetime.fromisoformat(event["time"])
    if event["segment"] is not None:
        event["segment"] = event["segment"].strip().lower()
    if event["temperature"] is not None and event["temperature"] > 45:  # °F
        event["temperature"] = (event["temperature"] - 32) / 1.8
    if event["price"] is not None and event["price"] > ranges["price"][1]:  # fen
        event["price"] /= 100
    if event["pressure"] is not None and event["pressure"] < 900:  # mmHg
        event["pressure"] /= 0.750062
    for name in NUMBERS:  # what is impossible is as good as missing: -999 from a sensor, an age of 199
        low, high = ranges[name]
        if event[name] is not None and not low - 1 <= event[name] <= high + 1:
            event[name] = None
        elif event[name] is not None and name in SKEWED:
            event[name] = math.log1p(event[name])
    return event


def table(events):
    """Events as numbers for the model, a row each: standardised numbers, the middle where one is missing; the time of
    day on a circle; a column for every district and channel."""
    columns = []
    for name, middle, spread in zip(NUMBERS, middles, spreads):
        columns.append([((middle if event[name] is None else event[name]) - middle) / spread for event in events])
    hours = [event["time"].hour + event["time"].minute / 60 for event in events]
    columns.append([math.sin(2 * math.pi * hour / 24) for hour in hours])
    columns.append([math.cos(2 * math.pi * hour / 24) for hour in hours])
    for name, values in choices.items():
        columns += [[1.0 if event[name] == value else 0.0 for event in events] for value in values]
    return np.array(columns).T
