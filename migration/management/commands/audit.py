"""`manage.py audit`: proves the chain of audit events, and prints them."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from chat.management.base import REFUSED, ChatCommand, add_json
from chat.management.progress import Progress
from migration.audit.verification import Verdict, events, head, verify
from migration.models import AuditEvent


def moment(text: str) -> datetime:
    """A UTC instant; without an offset UTC is meant."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no time: give it as 2026-01-31 or 2026-01-31T13:00:00") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def digest(text: str) -> str:
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ArgumentTypeError(f"{text!r} is no digest: give the 64 digits that `audit verify` printed")
    return text


class Command(ChatCommand):
    help = "Proves that no audit event was changed, removed, inserted or cut off, or prints the events."
    example = "manage.py audit verify"

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        proof = verbs.add_parser("verify", help="walk the whole chain; exit 1 at the first event that does not fit")
        proof.add_argument("--noted", type=digest, metavar="DIGEST", help="a digest printed before: it must be in it")
        add_json(proof)
        export = verbs.add_parser("export", help="one JSON document a line, oldest first, digests included")
        export.add_argument("--since", type=moment, help="UTC: only events from this time on")
        export.add_argument("--format", choices=["jsonl"], default="jsonl")
        export.add_argument("--json", action="store_true", help="the same: every line is a JSON document")

    def perform(self, **options: Any) -> None:
        if options["verb"] == "verify":
            self._verify(options["noted"], as_json=options["as_json"])
        else:
            self._export(options["since"])

    def _verify(self, noted: str | None, *, as_json: bool) -> None:
        now = head()
        with Progress(total=now.events if now else 0, what="audit events", stream=sys.stderr) as progress:
            verdict = verify(walked=progress.advance)
        # Without the noted digest a chain that was made anew from its beginning, head included, looks sound.
        known = noted is None or AuditEvent.objects.filter(digest=noted).exists()
        self.emit(as_data(verdict) | {"noted": noted and known}, as_text(verdict), as_json=as_json)
        if verdict.broken:
            raise CommandError(f"the audit chain is broken: {verdict.broken.reason}", returncode=REFUSED)
        if not known:
            raise CommandError(
                f"{noted} is not in the chain: this is not the chain it was noted of", returncode=REFUSED
            )

    def _export(self, since: datetime | None) -> None:
        for event in events(**({"at__gte": since} if since else {})):
            self.stdout.write(json.dumps(as_line(event), ensure_ascii=False))


def as_data(verdict: Verdict) -> dict[str, Any]:
    broken = verdict.broken
    return {
        "ok": broken is None,
        "events": verdict.events,
        "digest": verdict.digest,
        "broken": broken and {"damage": broken.damage.value, "event": broken.event, "reason": broken.reason},
    }


def as_text(verdict: Verdict) -> str:
    broken = verdict.broken
    if broken is None:
        return f"{verdict.events} audit events, each follows the one before it. Note this elsewhere: {verdict.digest}"
    where = "the end" if broken.event is None else f"event {broken.event}"
    return f"{verdict.events} audit events are sound. First fault at {where}: {broken.damage.value}: {broken.reason}"


def as_line(event: AuditEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "reason": event.reason,
        "before": event.before,
        "after": event.after,
        "previous": event.previous,
        "digest": event.digest,
    }
