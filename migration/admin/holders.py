"""/admin/migration/holder/: the processes that act on flags, and those that did."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from migration.admin.access import asker
from migration.admin.readonly import ReadOnlyAdmin
from migration.enums import HolderState
from migration.models import Holder
from migration.people.roles import Role

COLOURS = {"live": "success", "left": "info", "dead": "danger", "declared": "danger"}


class HolderAdmin(ReadOnlyAdmin):
    list_display = ("process", "shown_state", "epoch", "slot", "backend", "machine", "seen", "declared", "step")
    list_display_links = None
    list_filter = ("state", "kind", "backend")
    search_fields = ("kind", "machine", "pid", "declared_by", "declared_how")
    ordering = ("-pk",)
    list_before_template = "migration/lists/holders.html"

    @display(description="Process")
    def process(self, row: Holder) -> str:
        return f"{row.pk}: {row.kind}, pid {row.pid}"

    @display(description="State", label=COLOURS)
    def shown_state(self, row: Holder) -> str:
        return row.state

    @display(description="On epoch", ordering="acked_epoch")
    def epoch(self, row: Holder) -> int:
        return row.acked_epoch

    @display(description="Last seen (UTC)", ordering="seen_at")
    def seen(self, row: Holder) -> str:
        return f"{row.seen_at:%Y-%m-%d %H:%M:%S}"

    @display(description="Declared dead")
    def declared(self, row: Holder) -> str:
        return f"by {row.declared_by}: {row.declared_how}" if row.declared_by else "no"

    @display(description="Step")
    def step(self, row: Holder) -> str:
        if row.state != HolderState.LIVE:
            return ""
        address = reverse("admin:declare_dead", args=[row.pk])
        return format_html('<a class="mv-link" href="{}" data-dialog>Declare dead…</a>', address)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """A viewer is not offered what only operators may do."""
        offered = Role.OPERATOR in asker(request).roles
        return tuple(column for column in self.list_display if offered or column != "step")
