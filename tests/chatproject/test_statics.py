"""Names of static files, collected or not."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

from chatproject.statics import CollectedOrPlain


def test_a_file_that_was_not_collected_is_named_plainly(tmp_path: Path) -> None:
    storage = CollectedOrPlain(location=str(tmp_path), base_url="/static/")

    assert storage.url("migration/console.css") == "/static/migration/console.css"


def test_a_collected_file_carries_the_hash_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "console.css").write_text("p { color: red }")
    storage = CollectedOrPlain(location=str(tmp_path), base_url="/static/")

    first = storage.url("console.css")
    (tmp_path / "console.css").write_text("p { color: blue }")

    assert first.startswith("/static/console.")
    assert first != "/static/console.css"
    assert storage.url("console.css") != first


def test_it_is_the_one_in_use() -> None:
    assert isinstance(staticfiles_storage, CollectedOrPlain)
    assert settings.STATIC_URL == "/static/"
