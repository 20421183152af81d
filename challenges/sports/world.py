"""The bodies on the pitch, moved by pymunk: two teams of three discs, a ball, walls.

Neither side has an advantage, to the last bit: a game with the sides changed and the chance mirrored
(`Kickoffs.mirror`) is the mirrored game. For that the origin is the middle of the pitch; every rule reads both teams'
state before it changes any; what is summed over the teams is summed by team first; and since the solver works through
bodies in the order in which they came into the space, the whole space is built mirrored where the right team comes
first. Discs do not turn: without friction there is nothing to turn them."""

import math
from collections.abc import Sequence

import pymunk

from challenges.sports import pitch
from challenges.sports.kickoffs import Ball
from challenges.sports.replies import Move

LEFT, RIGHT = 0, 1
_BALL, _PLAYER, _WALL, _MOUTH = 1, 2, 4, 8
_FAR, _SIDE = pitch.LENGTH / 2, pitch.WIDTH / 2
_POST = pitch.GOAL_WIDTH / 2
_POST_RADIUS = 5.0
"""Walls are twice as thick; at a goal they end in a round post."""


class World:
    """`left_first`: whose bodies come first. Teams are 0 (left, attacks to +x) and 1."""

    def __init__(self, *, left_first: bool) -> None:
        self.space = pymunk.Space()
        self.space.iterations = 10
        self._order = (LEFT, RIGHT) if left_first else (RIGHT, LEFT)
        for team in self._order:
            self._walls(-1.0 if team == LEFT else 1.0)
        start, end = (-_FAR, _FAR) if left_first else (_FAR, -_FAR)
        for y in (-1.0, 1.0):
            self._wall((start, y * (_SIDE + _POST_RADIUS)), (end, y * (_SIDE + _POST_RADIUS)), _WALL)
        bodies = {
            team: [self._disc(pitch.PLAYER_RADIUS, pitch.PLAYER_MASS, _PLAYER) for _ in range(pitch.TEAM)]
            for team in self._order
        }
        self.teams = (bodies[LEFT], bodies[RIGHT])
        self.ball = self._disc(pitch.BALL_RADIUS, pitch.BALL_MASS, _BALL)

    def _wall(self, start: tuple[float, float], end: tuple[float, float], category: int) -> None:
        wall = pymunk.Segment(self.space.static_body, start, end, _POST_RADIUS)
        wall.elasticity, wall.friction = 1.0, 0.0
        wall.filter = pymunk.ShapeFilter(categories=category)
        self.space.add(wall)

    def _walls(self, side: float) -> None:
        """An end of the pitch: two pieces of wall, and the mouth of the goal, which only players cannot pass."""
        behind = side * (_FAR + _POST_RADIUS)
        for y in (-1.0, 1.0):
            self._wall((behind, y * (_POST + _POST_RADIUS)), (behind, y * (_SIDE + _POST_RADIUS)), _WALL)
        self._wall((behind, -_POST), (behind, _POST), _MOUTH)

    def _disc(self, radius: float, mass: float, category: int) -> pymunk.Body:
        body = pymunk.Body(mass, math.inf)
        shape = pymunk.Circle(body, radius)
        shape.friction = 0.0
        shape.elasticity = pitch.BOUNCE_WALL if category == _BALL else pitch.BOUNCE_PLAYER
        mask = _BALL | _PLAYER | _WALL | (_MOUTH if category == _PLAYER else 0)
        shape.filter = pymunk.ShapeFilter(categories=category, mask=mask)
        self.space.add(body, shape)
        return body

    def kick_off(self, ball: Ball) -> None:
        """Everybody to his place, the ball where the draw puts it."""
        for team in self._order:
            side = 1.0 if team == LEFT else -1.0
            for body, (x, y) in zip(self.teams[team], pitch.FORMATION, strict=True):
                self._put(body, side * x, y, 0.0, 0.0)
        self.drop(ball)

    def drop(self, ball: Ball) -> None:
        self._put(self.ball, ball.x, ball.y, ball.vx, ball.vy)

    def _put(self, body: pymunk.Body, x: float, y: float, vx: float, vy: float) -> None:
        body.position, body.velocity = (x, y), (vx, vy)
        self.space.reindex_shapes_for_body(body)

    def tick(self, moves: Sequence[Sequence[Move]]) -> int | None:
        """A tenth of a second with these moves, by team and player. The team that scored, or None."""
        self._kick(moves)
        for _ in range(pitch.STEPS_PER_TICK):
            self._push(moves)
            self.space.step(pitch.STEP_SECONDS)
            x, y = self.ball.position
            if abs(x) > _FAR and abs(y) <= _POST:
                return LEFT if x > 0 else RIGHT
            if abs(x) > _FAR or abs(y) > _SIDE:
                self._bring_back(x, y)
        return None

    def _bring_back(self, x: float, y: float) -> None:
        """A ball that was squeezed into a wall beyond its middle would be pushed out on the far side."""
        inside_x, inside_y = _FAR - pitch.BALL_RADIUS, _SIDE - pitch.BALL_RADIUS
        self._put(self.ball, max(-inside_x, min(inside_x, x)), max(-inside_y, min(inside_y, y)), 0.0, 0.0)

    def _kick(self, moves: Sequence[Sequence[Move]]) -> None:
        """What both teams' kicks add to the ball, all judged by where everybody is before any of them."""
        bx, by = self.ball.position
        reach = (pitch.PLAYER_RADIUS + pitch.BALL_RADIUS + pitch.KICK_REACH) ** 2
        kicks = []
        for bodies, team_moves in zip(self.teams, moves, strict=True):
            x = y = 0.0
            for body, move in zip(bodies, team_moves, strict=True):
                px, py = body.position
                if (px - bx) * (px - bx) + (py - by) * (py - by) <= reach:
                    x, y = x + move.kick_x, y + move.kick_y
            kicks.append((x, y))
        vx, vy = self.ball.velocity
        vx += pitch.KICK_SPEED * (kicks[LEFT][0] + kicks[RIGHT][0])
        vy += pitch.KICK_SPEED * (kicks[LEFT][1] + kicks[RIGHT][1])
        speed = math.sqrt(vx * vx + vy * vy)
        if speed > pitch.BALL_SPEED_MAX:
            vx, vy = vx * (pitch.BALL_SPEED_MAX / speed), vy * (pitch.BALL_SPEED_MAX / speed)
        self.ball.velocity = (vx, vy)

    def _push(self, moves: Sequence[Sequence[Move]]) -> None:
        for bodies, team_moves in zip(self.teams, moves, strict=True):
            for body, move in zip(bodies, team_moves, strict=True):
                vx, vy = body.velocity
                body.force = (
                    pitch.PLAYER_MASS * (pitch.PLAYER_ACCEL * move.force_x - pitch.PLAYER_DRAG * vx),
                    pitch.PLAYER_MASS * (pitch.PLAYER_ACCEL * move.force_y - pitch.PLAYER_DRAG * vy),
                )
        vx, vy = self.ball.velocity
        drag = -pitch.BALL_MASS * pitch.BALL_DRAG
        self.ball.force = (drag * vx, drag * vy)
