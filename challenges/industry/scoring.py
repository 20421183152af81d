"""What a schedule is worth (CONTESTS, section 5)."""

FLOOR = 0.70
"""Dispatching at random already reaches 0.78 of the reference: what is below 0.70 is worth nothing."""


def ratio(reference: int, makespan: int) -> float:
    """The reference's makespan as a share of the entry's: 1 is as good, more is better."""
    return reference / makespan


def instance_score(reference: int, makespan: int) -> float:
    """`100 · clip((reference / makespan - 0.70) / 0.30, 0, 1)`."""
    return 100 * min(1.0, max(0.0, (ratio(reference, makespan) - FLOOR) / (1 - FLOOR)))
