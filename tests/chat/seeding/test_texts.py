"""What the comments say, over many draws of one seed."""

from __future__ import annotations

from random import Random

from chat.seeding.texts import LONGEST_BYTES, text

TEXTS = [text(rng) for rng in [Random(7)] for _ in range(5000)]
SIZES = [len(text.encode()) for text in TEXTS]


def test_a_few_are_empty() -> None:
    assert 50 < TEXTS.count("") < 200


def test_a_few_are_long_and_none_is_too_long_for_the_api() -> None:
    assert max(SIZES) == LONGEST_BYTES
    assert 2 <= sum(size >= 1024 for size in SIZES) < 50


def test_they_are_in_several_scripts_with_emoji_and_oddities() -> None:
    everything = "".join(TEXTS)
    for expected in ("thanks", "спасибо", "ありがとう", "תודה", "merci", "👍", "\x00", "<b>", "e\u0301"):
        assert expected in everything
