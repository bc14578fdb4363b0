"""Moves a rehearsal tries although they must be refused: the refusal is the step's success, and is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from chat.data import Endpoint
from chat.management.base import REFUSED
from migration.enums import HolderState
from migration.models import Holder
from migration.rehearsal.recording import Record
from migration.transitions.planning import active_rollout

Command = Callable[..., str]
WHY = ("--reason", "rehearsal", "--actor", "rehearsal")
NOBODY = 2**31 - 1
"""No holder ever gets this number."""


def try_illegal_vector(record: Record, command: Command) -> None:
    """While the source decides writes, no read may be decommissioned (protocol F1)."""
    with record.step("an illegal vector is refused") as step:
        step["detail"] = refusal(command, "route", "advance", Endpoint.LATEST_COMMENTS, "--to", "decommission", "(F1)")


def try_unknown_holder(record: Record, command: Command) -> None:
    """A process nobody has heard of since it registered stands in every move's way (protocol F3, F5, F9)."""
    with record.step("a move past an unknown process is refused") as step, stranger() as name:
        step["detail"] = refusal(command, "route", "ramp", Endpoint.LATEST_COMMENTS, "100", "--wait", "0.5", name)
    with record.step("the same move, once that process has left") as step:
        step["detail"] = command("route", "ramp", Endpoint.LATEST_COMMENTS, "100", *WHY).strip().splitlines()[0]
    with record.step("a process that never was is not declared dead") as step:
        words = ("holders", "declare-dead", str(NOBODY), "--how", "it never was")
        step["detail"] = refusal(command, *words, str(NOBODY))


@contextmanager
def stranger() -> Iterator[str]:
    """A registration of another machine, on an epoch long gone. Yields how it is named."""
    holder = Holder.objects.create(kind="web", host="another machine", machine="another machine", pid=1, started=1)
    try:
        yield str(holder)
    finally:
        Holder.objects.filter(pk=holder.pk).update(state=HolderState.LEFT)


def refusal(command: Command, *words_and_reason: str) -> str:
    """The refusal in one line. The last word is what it must name. Raises `RuntimeError` when it was not refused so."""
    *words, named = words_and_reason
    before = active_rollout().epoch
    given = () if words[0] == "holders" else WHY
    try:
        told = command(*words, *given)
    except CommandError as error:
        if error.returncode != REFUSED or named not in str(error) or active_rollout().epoch != before:
            raise RuntimeError(f"refused for another reason, or not quite: {error}") from error
        return " ".join(str(error).split())
    raise RuntimeError(f"not refused: {told}")
