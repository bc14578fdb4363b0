import json

from migration.rehearsal.traffic.texts import EMPTY_EVERY, NAMES, SHAPES, comment_for, name_for

POSTS = range(2000)


def test_every_text_but_the_empty_one_names_its_post() -> None:
    texts = [comment_for(number, id=f"run-w0-{number}") for number in POSTS]

    said = [text for text in texts if text]
    assert len(set(said)) == len(said)
    assert texts.count("") == len(POSTS) // EMPTY_EVERY
    assert all(f"run-w0-{number}" in text for number, text in enumerate(texts) if text)


def test_what_is_posted_is_awkward_and_still_legal() -> None:
    everything = "".join(comment_for(number, id="x") for number in range(len(SHAPES))) + "".join(NAMES)

    for part in ("🦊", "\n", '"', "'", "\\", "</script>", "\u2028", "\u202e", "e\u0301", "\U0010ffff"):
        assert part in everything
    assert "\0" not in everything
    everything.encode()  # no lone surrogate, or this raises
    assert max(len(comment_for(number, id="x" * 40).encode()) for number in POSTS) < 16 * 1024


def test_names_are_few_legal_and_include_two_that_look_the_same() -> None:
    assert {name_for(number) for number in POSTS} == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)
    assert all(1 <= len(name) <= 256 for name in NAMES)
    assert {"Zo\u00eb", "Zoe\u0308"} <= set(NAMES)


def test_texts_survive_json() -> None:
    for number in range(len(SHAPES)):
        text = comment_for(number, id="x")
        assert json.loads(json.dumps(text)) == text
