"""What there is to look at: the ROC curve and the calibration of both parts, as a view of the kind `curves`."""

from collections.abc import Sequence

from challenges.base import Json
from challenges.datalake.measures import Measured
from challenges.datalake.scoring import calibration, roc_curve, thinned

CORNERS = 200
DIGITS = 5

TITLES = {
    "public": {"en": "Public part", "zh": "公开部分", "ko": "공개 부분"},
    "private": {"en": "Private part", "zh": "非公开部分", "ko": "비공개 부분"},
}
FIGURES = {
    "auc": {
        "public": {"en": "100 · ROC-AUC, public part", "zh": "公开部分 100 · ROC-AUC", "ko": "공개 부분 100 · ROC-AUC"},
        "private": {
            "en": "100 · ROC-AUC, private part",
            "zh": "非公开部分 100 · ROC-AUC",
            "ko": "비공개 부분 100 · ROC-AUC",
        },
    },
    "log_loss": {
        "public": {"en": "Log loss, public part", "zh": "公开部分对数损失", "ko": "공개 부분 로그 손실"},
        "private": {"en": "Log loss, private part", "zh": "非公开部分对数损失", "ko": "비공개 부분 로그 손실"},
    },
}


def view(name: str, parts: Sequence[Measured]) -> Json:
    """The view's data; `name` is the season's."""
    return {
        "version": 1,
        "title": {
            "en": f"ROC and calibration: {name}",
            "zh": f"ROC 曲线与校准曲线：{name}",
            "ko": f"ROC 곡선과 보정 곡선: {name}",
        },
        "plots": [
            {
                "name": "roc",
                "title": {"en": "ROC curve", "zh": "ROC 曲线", "ko": "ROC 곡선"},
                "x": _axis("False positive rate", "假阳性率", "위양성률"),
                "y": _axis("True positive rate", "真阳性率", "진양성률"),
                "diagonal": True,
                "curves": [_roc(part) for part in parts],
            },
            {
                "name": "calibration",
                "title": {"en": "Calibration", "zh": "校准曲线", "ko": "보정 곡선"},
                "x": _axis("Mean prediction", "平均预测值", "예측 평균"),
                "y": _axis("Share that bought", "实际购买比例", "실제 구매 비율"),
                "diagonal": True,
                "curves": [_calibration(part) for part in parts],
            },
        ],
        "figures": [_auc(part) for part in parts] + [_log_loss(part) for part in parts],
    }


def _axis(en: str, zh: str, ko: str) -> Json:
    return {"title": {"en": en, "zh": zh, "ko": ko}, "range": [0, 1]}


def _curve(part: Measured, kind: str, points: Sequence[tuple[float, float]], sizes: list[int] | None) -> Json:
    return {
        "name": part.name,
        "title": TITLES[part.name],
        "role": part.name,
        "kind": kind,
        "points": [[round(x, DIGITS), round(y, DIGITS)] for x, y in points],
        "sizes": sizes,
    }


def _roc(part: Measured) -> Json:
    return _curve(part, "line", thinned(roc_curve(part.labels, part.predictions), CORNERS), None)


def _calibration(part: Measured) -> Json:
    bins = calibration(part.labels, part.predictions)
    return _curve(part, "points", [(b.predicted, b.happened) for b in bins], [b.rows for b in bins])


def _auc(part: Measured) -> Json:
    return {
        "name": f"auc_{part.name}",
        "title": FIGURES["auc"][part.name],
        "unit": "",
        "digits": 2,
        "value": part.score,
        "interval": [part.low, part.high],
    }


def _log_loss(part: Measured) -> Json:
    return {
        "name": f"log_loss_{part.name}",
        "title": FIGURES["log_loss"][part.name],
        "unit": "",
        "digits": 4,
        "value": part.log_loss,
        "interval": None,
    }
