"""Text that any control database keeps exactly, NUL characters included."""

from __future__ import annotations

from typing import Any

from django.db import models


class ExactTextField(models.TextField):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """DynamoDB and CQL hold NUL, PostgreSQL refuses it: kept as `\\0`, and a backslash as two.

    Equality and sets of values work as on plain text; order and substring searches see the kept form.
    """

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return text.replace("\\", "\\\\").replace("\0", "\\0") if isinstance(text, str) else text

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        if value is None or "\\" not in value:
            return value
        return "\\".join(part.replace("\\0", "\0") for part in value.split("\\\\"))
