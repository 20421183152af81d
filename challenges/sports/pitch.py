"""The pitch and what stands on it: lengths in pixels, speeds in px/s, times in seconds.

Inside, the origin is the middle of the pitch: a mirrored game is then the same numbers with the sign of x turned, and
floating point treats both alike. Players see each its own goal at x = 0 and the other at x = 900 (see `match.py`)."""

LENGTH, WIDTH = 900.0, 600.0
GOAL_WIDTH = 200.0
GOAL_DEPTH = 30.0
PLAYER_RADIUS, BALL_RADIUS = 18.0, 10.0

TICK_SECONDS = 0.1
STEPS_PER_TICK = 6
STEP_SECONDS = TICK_SECONDS / STEPS_PER_TICK
TICKS = 1200

PLAYER_MASS, BALL_MASS = 4.0, 1.0
PLAYER_ACCEL, PLAYER_DRAG = 500.0, 2.5
"""px/s² of a full force; the drag, 1/s, makes for a top speed of 200 px/s."""
BALL_DRAG = 0.6
BALL_SPEED_MAX = 600.0
KICK_SPEED = 380.0
"""What a full kick adds to the ball's velocity."""
KICK_REACH = 8.0
"""How far the ball's edge may be from the player's for a kick."""
BOUNCE_WALL, BOUNCE_PLAYER = 0.8, 0.4

TEAM = 3
FORMATION = ((-370.0, 0.0), (-190.0, -120.0), (-190.0, 120.0))
"""Where the team that attacks to +x stands at a kick-off; the other one mirrored."""
KICKOFF_ASIDE, KICKOFF_SPEED = 80.0, 60.0
"""How far up or down the middle line the ball may be put down, and how fast it may roll."""

STUCK_SECONDS, STUCK_RADIUS = 4.0, 30.0
"""A ball that has not left a circle of this radius for so long is dropped at the centre."""

MAX_FAULTS = 20
FORFEIT_GOALS = 3
