from datetime import UTC, datetime, timedelta

import pytest
from markupsafe import Markup

from judge.catalogue import Message
from judge.errors import BadInput
from web.i18n import Catalogues, Reader

READERS = Catalogues()
WHEN = datetime(2026, 11, 20, 16, 5, tzinfo=UTC)


@pytest.fixture(params=["en", "zh", "ko"])
def reader(request: pytest.FixtureRequest) -> Reader:
    return READERS.reader(request.param)


def test_a_time_is_written_in_the_contests_zone_and_names_it() -> None:
    assert READERS.reader("en").moment(WHEN, "Asia/Shanghai") == "21 Nov 2026, 00:05 UTC+08"
    assert READERS.reader("zh").moment(WHEN, "Asia/Shanghai") == "2026年11月21日 00:05 UTC+08"
    assert READERS.reader("ko").moment(WHEN, "Asia/Seoul") == "2026년 11월 21일 01:05 UTC+09"
    assert READERS.reader("en").moment(WHEN) == "20 Nov 2026, 16:05 UTC"


def test_a_time_element_carries_the_exact_moment(reader: Reader) -> None:
    assert 'datetime="2026-11-20T16:05:00+00:00"' in reader.time(WHEN, "Asia/Shanghai")


def test_a_zone_is_named_in_the_readers_language() -> None:
    assert READERS.reader("en").zone("Asia/Shanghai", WHEN) == "China Standard Time (Asia/Shanghai, UTC+08)"
    assert READERS.reader("zh").zone("Asia/Shanghai", WHEN).startswith("中国标准时间")


@pytest.mark.parametrize(
    ("left", "said"), [({"days": 28}, "in 28 days"), ({"hours": 30}, "in 30 hours"), ({"minutes": 20}, "in 20 minutes")]
)
def test_a_distance_is_told_in_a_unit_that_says_something(left: dict[str, int], said: str) -> None:
    assert READERS.reader("en").distance(WHEN + timedelta(**left), WHEN) == said


def test_numbers_have_as_many_decimals_as_their_column_says(reader: Reader) -> None:
    assert reader.number(12345.678, 2) == "12,345.68"
    assert reader.number(3.0, 0) == "3"


def test_one_and_many_differ_where_the_language_wants_it() -> None:
    assert READERS.reader("en").count("home.teams", 1) == "1 team"
    assert READERS.reader("en").count("home.teams", 2) == "2 teams"
    assert READERS.reader("ko").count("home.teams", 1) == "1팀"


@pytest.mark.parametrize(
    ("size", "said"), [(1, "1 byte"), (999, "999 bytes"), (48_213, "47.1 KiB"), (100 << 20, "100 MiB")]
)
def test_a_size_is_told_in_a_unit_that_suits_it(size: int, said: str) -> None:
    assert READERS.reader("en").size(size) == said


def test_a_domain_message_names_the_field_in_the_readers_words() -> None:
    message = BadInput("field-empty", field="name").public
    assert READERS.reader("en").said(message) == "Name is empty. Fill it in."
    assert READERS.reader("zh").said(message) == "“姓名”为空，请填写。"


def test_a_time_among_the_parameters_is_written_in_the_contests_zone() -> None:
    message = Message("phase-over", {"ended": WHEN.isoformat()})
    assert "21 Nov 2026, 00:05 UTC+08" in READERS.reader("en").said(message, zone="Asia/Shanghai")


def test_a_challenges_own_sentence_comes_first(reader: Reader) -> None:
    said = reader.said(Message("late", {"tick": 7}), challenge="driving")
    assert "7" in said
    assert said != reader.said(Message("late", {"tick": 7}))


def test_a_code_without_a_sentence_is_still_answered(reader: Reader) -> None:
    assert "never-heard-of" in reader.said(Message("never-heard-of"))


def test_a_stored_message_without_its_parameters_breaks_no_page(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    assert "quota-day" in reader.said(Message("quota-day"))
    assert "has not the parameters" in caplog.text


def test_what_an_archive_breaks_is_told_with_its_figure_from_judge_and_sandbox_alike() -> None:
    reader = READERS.reader("en")
    assert "100 MiB" in reader.said(Message("archive-too-large", {"largest_mib": 100}))
    assert "100 MiB" in reader.said(Message("archive-too-large", {"bytes": 100 << 20}))
    assert "4 MiB" in reader.said(Message("archive-bomb", {"bytes": 4 << 20}))


def test_parameters_are_escaped_in_markup(reader: Reader) -> None:
    assert "<b>" not in reader.html("home.until", time="<b>")
    assert "<b>" in reader.html("home.until", time=Markup("<b>"))


def test_braces_in_a_parameter_are_only_text(reader: Reader) -> None:
    assert "{0.__class__}" in reader.said(Message("enrolled-already", {"team": "{0.__class__}"}))


def test_a_text_falls_back_to_english(reader: Reader) -> None:
    assert reader.of({"en": "Night driving"}) == "Night driving"
    assert reader.of({}, "driving") == "driving"
