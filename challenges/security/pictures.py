"""What there is to see of a run: triples of images, a grid of attacks and digits, curves of a detector. Data only."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from challenges.base import Json, View
from challenges.security.assaults import ASSAULTS
from challenges.security.defending import ATTACKED, CLEAN, Defence
from challenges.security.digits import CLASSES, EPSILON, SIDE, WHITE, Images
from challenges.security.house import ORACLE, house
from challenges.security.kept import Kept
from challenges.security.scoring import FALSE_ALARMS, detection

Text = Mapping[str, str]
SHOWN: Final = 16
CURVE_POINTS: Final = 200
BINS: Final = 10

ATTACK_NAMES: Final[Mapping[str, Text]] = {
    "fgsm": {"en": "FGSM", "zh": "FGSM", "ko": "FGSM"},
    "pgd": {"en": "PGD", "zh": "PGD", "ko": "PGD"},
    "lure": {"en": "Towards another digit", "zh": "引向其他数字", "ko": "다른 숫자로 유인"},
    "search": {"en": "Label search", "zh": "仅标签搜索", "ko": "레이블 탐색"},
}


def triples(kept: Kept, seen_before: Sequence[int | None], seen_after: Sequence[int | None], title: Text) -> View:
    """Original, attacked and difference, for the first images; what was seen in each stands beside them."""
    rows = [
        {
            "text": _seen(int(kept.labels[i]), seen_before[i], seen_after[i]),
            "bad": bool(seen_before[i] == kept.labels[i] != seen_after[i]),
            "images": [
                _grey(kept.clean[i]),
                _grey(kept.attacked[i]),
                np.rint(127.5 + 127.5 * (kept.attacked[i] - kept.clean[i]) / EPSILON).astype(int).tolist(),
            ],
        }
        for i in range(min(SHOWN, len(kept.labels)))
    ]
    columns = [
        {"title": {"en": "Original", "zh": "原图", "ko": "원본"}, "kind": "grey"},
        {"title": {"en": "Attacked", "zh": "攻击后", "ko": "공격 후"}, "kind": "grey"},
        {"title": {"en": "Difference", "zh": "差异", "ko": "차이"}, "kind": "difference"},
    ]
    view = {"version": 1, "title": dict(title), "width": SIDE, "height": SIDE, "columns": columns, "rows": rows}
    return View("images", view)


def attacked(kept: Kept) -> View:
    """As the oracle's model sees it."""
    model = house().models[ORACLE]
    title = {"en": "What the attack made", "zh": "攻击生成的图像", "ko": "공격이 만든 이미지"}
    return triples(kept, model.labels(kept.clean).tolist(), model.labels(kept.attacked).tolist(), title)


def met(defence: Defence) -> View:
    """As the defence saw it, when it was asked first."""
    before, after = (
        [defence.answers.get((image, version), [None])[0] for image in range(len(defence.kept.labels))]
        for version in (CLEAN, ATTACKED)
    )
    title = {"en": "What the defence saw", "zh": "防御程序所见", "ko": "방어가 본 것"}
    return triples(defence.kept, before, after, title)


def _seen(label: int, before: int | None, after: int | None) -> Json:
    first, then = ("–" if seen is None else str(seen) for seen in (before, after))
    return {
        "en": f"A {label}; seen as {first}, then as {then}",
        "zh": f"真实为 {label}；先识别为 {first}，后识别为 {then}",
        "ko": f"정답 {label}. 처음에는 {first}, 다음에는 {then}(으)로 인식",
    }


def _grey(image: Images) -> list[int]:
    grey: list[int] = np.rint(255 * image / WHITE).astype(int).tolist()
    return grey


def by_digit(labels: Images, right: Mapping[int, NDArray[np.bool_]]) -> View:
    """A row for the clean images and one for each house attack, a column for each digit, and the share that is right;
    under attack the share of those that are right when clean."""
    clean, after = right[CLEAN], right[ATTACKED]
    which = np.arange(len(labels)) % len(ASSAULTS)
    rows = [{"title": {"en": "Clean", "zh": "未受攻击", "ko": "원본"}}]
    cells = [[_percent(clean[labels == digit]) for digit in range(CLASSES)]]
    totals = [_percent(clean)]
    for i, name in enumerate(ASSAULTS):
        rows.append({"title": dict(ATTACK_NAMES[name])})
        some = clean & (which == i)
        cells.append([_percent(after[some & (labels == digit)]) for digit in range(CLASSES)])
        totals.append(_percent(after[some]))
    return View(
        "matrix",
        {
            "version": 1,
            "title": {"en": "Still right, by digit", "zh": "各数字的正确率", "ko": "숫자별 정답률"},
            "unit": "%",
            "digits": 0,
            "range": [0, 100],
            "row_title": {"en": "Attack", "zh": "攻击", "ko": "공격"},
            "column_title": {"en": "Digit", "zh": "数字", "ko": "숫자"},
            "rows": rows,
            "columns": [{"title": dict.fromkeys(("en", "zh", "ko"), str(digit))} for digit in range(CLASSES)],
            "cells": cells,
            "own": [],
            "row_totals": totals,
            "column_totals": None,
        },
    )


def _percent(right: NDArray[np.bool_]) -> float | None:
    return round(100 * float(right.mean()), 4) if len(right) else None


def curves(labels: NDArray[np.int64], given: ArrayLike) -> View:
    """ROC with its left end apart, and calibration."""
    from sklearn.metrics import roc_curve

    scores = np.asarray(given, dtype=np.float64)
    precision, caught = detection(labels, scores)
    false_rate, true_rate, _ = roc_curve(labels, scores, drop_intermediate=True)
    whole = _thinned(false_rate, true_rate)
    near = false_rate <= 5 * FALSE_ALARMS
    rate = {"en": "False alarms", "zh": "误报率", "ko": "오탐률"}
    found = {"en": "Attacks found", "zh": "检出率", "ko": "탐지율"}
    own = {"en": "This entry", "zh": "本参赛程序", "ko": "이 출품작"}

    def plot(
        name: str, title: Text, axes: tuple[Text, Text], reach: float, *, points: Json, sizes: Json = None
    ) -> Json:
        kind = "line" if sizes is None else "points"
        curve = {"name": "own", "title": own, "role": "own", "kind": kind, "points": points, "sizes": sizes}
        return {
            "name": name,
            "title": title,
            "x": {"title": axes[0], "range": [0, reach]},
            "y": {"title": axes[1], "range": [0, 1]},
            "diagonal": reach == 1,
            "curves": [curve],
        }

    dots, sizes = _calibration(labels, scores)
    said = {"en": "Probability given", "zh": "给出的概率", "ko": "제시한 확률"}
    were = {"en": "Share of attacks", "zh": "实际攻击占比", "ko": "실제 공격 비율"}
    left = {"en": "ROC, up to 5 % false alarms", "zh": "ROC（误报率不超过 5%）", "ko": "ROC(오탐률 5%까지)"}
    return View(
        "curves",
        {
            "version": 1,
            "title": {"en": "Detection", "zh": "检测", "ko": "탐지"},
            "plots": [
                plot("roc", {"en": "ROC", "zh": "ROC 曲线", "ko": "ROC"}, (rate, found), 1, points=whole),
                plot(
                    "roc_left",
                    left,
                    (rate, found),
                    5 * FALSE_ALARMS,
                    points=_thinned(false_rate[near], true_rate[near]),
                ),
                plot(
                    "calibration",
                    {"en": "Calibration", "zh": "校准", "ko": "보정"},
                    (said, were),
                    1,
                    points=dots,
                    sizes=sizes,
                ),
            ],
            "figures": [
                _figure("precision", {"en": "Average precision", "zh": "平均精确率", "ko": "평균 정밀도"}, precision),
                _figure(
                    "caught",
                    {"en": "Found at 1 % false alarms", "zh": "误报率 1% 时的检出率", "ko": "오탐률 1%에서의 탐지율"},
                    caught,
                ),
            ],
        },
    )


def _figure(name: str, title: Text, value: float) -> Json:
    return {"name": name, "title": title, "unit": "%", "digits": 1, "value": round(100 * value, 4), "interval": None}


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[list[float]]:
    kept = np.unique(np.linspace(0, len(x) - 1, CURVE_POINTS).astype(int))
    return [[round(float(x[i]), 5), round(float(y[i]), 5)] for i in kept]


def _calibration(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> tuple[Json, Json]:
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    some = [bins == number for number in range(BINS) if (bins == number).any()]
    dots = [[round(float(scores[one].mean()), 5), round(float(labels[one].mean()), 5)] for one in some]
    return dots, [int(one.sum()) for one in some]
