"""A confirmed difference between the two stores."""

from __future__ import annotations

from django.db import models

from migration.models.exacttext import ExactTextField
from migration.models.run import Run


class Difference(models.Model):
    """Key and digests only: texts are read again when somebody asks."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="differences")
    kind = models.CharField(max_length=16, help_text="missing, extra or different, seen from the target")
    room = ExactTextField()
    name = ExactTextField()
    time = models.TextField()
    digest_source = models.CharField(max_length=32, blank=True)
    digest_target = models.CharField(max_length=32, blank=True)
    seen_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.kind}: {self.room} {self.name} {self.time}"
