"""Keeps what is to be seen of a game, as a `scene` (see challenges/views.py): pixels, y down, ten frames a second, the
corner of the pitch at (0, 0)."""

from collections.abc import Sequence

from challenges.base import Json
from challenges.sports import pitch
from challenges.sports.world import World

MARGIN = 10.0
SIDES = ("left", "right")
NAMES = ({"en": "left", "zh": "左队", "ko": "왼쪽"}, {"en": "right", "zh": "右队", "ko": "오른쪽"})
MOST_FAULT_MARKS = 2 * pitch.MAX_FAULTS


class Recording:
    """Frames, goals and marks of one game."""

    def __init__(self, world: World) -> None:
        self._bodies = [world.ball, *world.teams[0], *world.teams[1]]
        self._frames: list[list[int]] = []
        self._goals: tuple[list[int], list[int]] = ([], [])
        self._marks: list[Json] = []

    def frame(self, goals: Sequence[int]) -> None:
        """Keep where everybody is now, and how it stands."""
        row: list[int] = []
        for index, body in enumerate(self._bodies):
            row += [index, *self._place(body), 0]
        self._frames.append(row)
        for kept, count in zip(self._goals, goals, strict=True):
            kept.append(count)

    def _place(self, body: Json) -> tuple[int, int]:
        x, y = body.position
        return round(pitch.LENGTH / 2 + x), round(pitch.WIDTH / 2 + y)

    def _mark(self, kind: str, body: Json, text: Json, *, bad: bool) -> None:
        """Something happened in the frame that comes next."""
        x, y = self._place(body)
        self._marks.append({"frame": len(self._frames), "x": x, "y": y, "kind": kind, "bad": bad, "text": text})

    def mark_goal(self, team: int, goals: Sequence[int]) -> None:
        stand = f"{goals[0]}–{goals[1]}"
        text = {
            "en": f"Goal for {NAMES[team]['en']}: {stand}",
            "zh": f"{NAMES[team]['zh']}进球：{stand}",
            "ko": f"{NAMES[team]['ko']} 팀 득점: {stand}",
        }
        self._mark("goal", self._bodies[0], text, bad=False)

    def mark_drop(self) -> None:
        text = {
            "en": "Ball stuck: dropped at the centre",
            "zh": "球停滞：在中点重新开球",
            "ko": "공이 멈춤: 중앙에 다시 놓음",
        }
        self._mark("drop", self._bodies[0], text, bad=False)

    def mark_fault(self, team: int) -> None:
        if len(self._marks) < MOST_FAULT_MARKS:
            text = {
                "en": f"Late or invalid reply of {NAMES[team]['en']}",
                "zh": f"{NAMES[team]['zh']}回复超时或无效",
                "ko": f"{NAMES[team]['ko']} 팀의 늦거나 잘못된 응답",
            }
            self._mark("fault", self._bodies[1 + pitch.TEAM * team], text, bad=True)

    def mark_forfeit(self, team: int) -> None:
        text = {
            "en": f"Forfeit by {NAMES[team]['en']}",
            "zh": f"{NAMES[team]['zh']}被判负",
            "ko": f"{NAMES[team]['ko']} 팀 몰수패",
        }
        self._mark("fault", self._bodies[1 + pitch.TEAM * team], text, bad=True)

    def scene(self, score: Sequence[int]) -> Json:
        """`score` is how the game counts, which after a forfeit is not how it stood."""
        last = len(self._frames) - 1
        stand = f"{score[0]}–{score[1]}"
        return {
            "version": 1,
            "title": {
                "en": f"Disc football, left {stand} right",
                "zh": f"圆盘足球：左队 {stand} 右队",
                "ko": f"원반 축구: 왼쪽 {stand} 오른쪽",
            },
            "unit": "px",
            "y_axis": "down",
            "seconds_per_frame": pitch.TICK_SECONDS,
            "bounds": [
                -pitch.GOAL_DEPTH - MARGIN,
                -MARGIN,
                pitch.LENGTH + pitch.GOAL_DEPTH + MARGIN,
                pitch.WIDTH + MARGIN,
            ],
            "follow": None,
            "shapes": _shapes(),
            "actors": [
                {"id": "ball", "kind": "disc", "role": "ball", "length": 20.0, "width": 20.0},
                *(
                    {"id": f"{side}-{i + 1}", "kind": "disc", "role": side, "length": 36.0, "width": 36.0}
                    for side in SIDES
                    for i in range(pitch.TEAM)
                ),
            ],
            "frames": self._frames,
            "series": [
                {
                    "name": f"goals_{side}",
                    "title": {
                        "en": f"Goals, {name['en']}",
                        "zh": f"{name['zh']}进球",
                        "ko": f"{name['ko']} 득점",
                    },
                    "unit": "",
                    "values": kept,
                }
                for side, name, kept in zip(SIDES, NAMES, self._goals, strict=True)
            ],
            "marks": [{**mark, "frame": min(mark["frame"], last)} for mark in self._marks],
        }


def _shapes() -> list[Json]:
    """Grass, goals, the middle line, and the walls, open where the goals are."""
    long, wide, depth = pitch.LENGTH, pitch.WIDTH, pitch.GOAL_DEPTH
    low, high = (wide - pitch.GOAL_WIDTH) / 2, (wide + pitch.GOAL_WIDTH) / 2
    walls = [
        [[0.0, low], [0.0, 0.0], [long, 0.0], [long, low]],
        [[0.0, high], [0.0, wide], [long, wide], [long, high]],
    ]
    return [
        _area("field", 0.0, 0.0, long, wide),
        _area("goal", -depth, low, 0.0, high),
        _area("goal", long, low, long + depth, high),
        {"kind": "line", "role": "divider", "points": [[long / 2, 0.0], [long / 2, wide]], "width": 0.0},
        *({"kind": "line", "role": "wall", "points": points, "width": 6.0} for points in walls),
    ]


def _area(role: str, x0: float, y0: float, x1: float, y1: float) -> Json:
    return {"kind": "area", "role": role, "points": [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], "width": 0.0}
