"""Who came often will buy: one field as it stands, nothing cleaned, nothing learned."""

VISITS = 5  # its place in a row


def act(message):
    return {"p": [min(1.0, (row[VISITS] or 0) / 60) for row in message["rows"]]}
