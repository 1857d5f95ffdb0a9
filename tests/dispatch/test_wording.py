"""Reasons in words: every reason has its sentence in both languages."""

from __future__ import annotations

import pytest

from dispatch.question import PassedOver, PassedOverReason, Shortfall, ShortfallReason
from dispatch.wording import LANGUAGES, passed_over_in_words, shortfall_in_words


def loser(reason: PassedOverReason, eta_s: float = 663.0) -> PassedOver:
    return PassedOver(
        responder_id="MJ01",
        jurisdiction="500101",
        kind="officer",
        line_m=612.0,
        reason=reason,
        eta_s=eta_s,
        distance_m=4_230.0,
        landmark="长江二桥",
        slower_than_s=900.0,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(PassedOverReason))
def test_every_reason_is_one_sentence_with_the_distance(reason, language):
    """It ends like a sentence and says how near they looked."""
    text = passed_over_in_words(loser(reason), language)
    assert text.endswith("。" if language == "zh" else ".")
    assert ("610 米" if language == "zh" else "610 m") in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", list(ShortfallReason))
def test_every_shortfall_is_one_sentence_with_the_number(reason, language):
    """It ends like a sentence and says how many are missing."""
    text = shortfall_in_words(Shortfall(2, reason), language)
    assert text.endswith("。" if language == "zh" else ".")
    assert "2" in text


@pytest.mark.parametrize(
    ("eta_s", "english", "chinese"),
    [
        (36.4, "36 s", "36 秒"),
        (58.0, "1 min", "1 分钟"),
        (103.0, "1 min 45 s", "1 分 45 秒"),
        (598.0, "10 min", "10 分钟"),
        (663.0, "11 min", "11 分钟"),
        (7_200.0, "2.0 h", "2.0 小时"),
    ],
)
def test_times_are_as_exact_as_they_are_known(eta_s, english, chinese):
    """Seconds up to a minute, five seconds up to ten minutes, then minutes, then hours."""
    who = loser(PassedOverReason.SLOWER_BY_ROAD, eta_s)
    assert f"but {english} by road for 4.2 km." in passed_over_in_words(who, "en")
    assert f"需 {chinese}。" in passed_over_in_words(who, "zh")
