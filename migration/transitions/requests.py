"""What people ask for: requested, approved, withdrawn. Roles are checked here, whoever calls.

A request is a row that changes nothing by itself. A worker begins it after the commit; a read that goes back begins at
once, in the process that asked.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from migration.audit.record import record
from migration.enums import Step
from migration.exceptions import ApprovalNeeded, ControlError, LostRace, NotAllowed, Refused
from migration.flags.freeze import frozen
from migration.guards.answer import Answer, Move
from migration.guards.registry import ask
from migration.models import Rollout, Transition
from migration.people.roles import Actor, Role, require
from migration.transitions.approvals import approval_needed
from migration.transitions.carrying import run
from migration.transitions.messages import RUN, send
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish, plan
from migration.transitions.recovery import flipped_for
from migration.transitions.requested import dismiss, is_stale, waiting


def move_now(wish: Wish, actor: Actor, *, wait: float | None = None) -> Transition:
    """Carries the wish out in this process, as the command does. Raises what `carry_out` raises, `NotAllowed`, and
    `ApprovalNeeded` after it has made the request instead."""
    require(actor, Role.OPERATOR)
    wish = replace(wish, actor=actor.name)
    if flipped_for(wish) is None and approval_needed(wish, plan(wish)):
        raise ApprovalNeeded((_same_request(wish) or request(wish, actor)).pk)
    return carry_out(wish, wait=wait)


def _same_request(wish: Wish) -> Transition | None:
    """Giving the command again waits for the same approval; it makes no second request."""
    move = plan(wish)
    return waiting().filter(endpoint=wish.endpoint, verb=wish.verb, to_phase=move.after, approved_at=None).first()


def request(wish: Wish, actor: Actor) -> Transition:
    """The request's row, with the answers of the guards as they are now. A read that goes back has begun, and the row
    says how far it came: it never waits for a worker (protocol F8).

    Raises `NotAllowed`, `IllegalMove`, and `Refused` while frozen or while the endpoint has a request already.
    """
    require(actor, Role.OPERATOR)
    _check_thaw()
    wish = replace(wish, actor=actor.name)
    move = plan(wish)
    requested = _write(wish, move, ask(move))
    if wish.overtakes:
        # Whatever stops it stands on the row, as for a worker.
        with suppress(ControlError):
            run(requested.pk, wait=0)
        requested.refresh_from_db()
    return requested


def _write(wish: Wish, move: Move, answers: list[Answer]) -> Transition:
    with transaction.atomic(durable=True):
        # Two that ask at the same time take turns here, so that the second sees the first one's row.
        Rollout.objects.select_for_update().get(pk=move.rollout.pk)
        _make_room(wish)
        requested = Transition.objects.create(
            rollout=move.rollout,
            endpoint=wish.endpoint,
            verb=wish.verb,
            from_phase=move.before,
            to_phase=move.after,
            percent=move.percent,
            mirror_mode=move.mirror or "",
            drill_id=wish.drill,
            actor=wish.actor,
            reason=wish.reason,
            guards=[answer.as_json() for answer in answers],
            step=Step.REQUESTED,
            approval_needed=approval_needed(wish, move),
        )
        if not requested.approval_needed and not wish.overtakes:
            # After the commit, or a worker may look before the row is there.
            transaction.on_commit(lambda: send(RUN, requested.pk))
        _audit(requested, wish.actor, "request", wish.reason)
    return requested


def _make_room(wish: Wish) -> None:
    """One request an endpoint, so that nobody approves one and starts another. A read that goes back ends the other."""
    for other in waiting().filter(endpoint=wish.endpoint):
        if not wish.overtakes:
            raise Refused(
                [
                    f"request {other.pk} of {other.actor} ({other.verb} {other.endpoint} to {other.to_phase}) is "
                    f"waiting: approve it, or `manage.py route withdraw {other.pk}` first"
                ]
            )
        dismiss(other, after=Step.ABORTED, detail="overtaken by a read that goes back; nothing had changed")


def approve(pk: int, actor: Actor, *, reason: str, start: bool = True) -> Transition:
    """The second person's yes. With `start` a worker carries it out; else the caller does, with `run`.

    Raises `NotAllowed` (no approver, or the requester), `Refused` (frozen, or too old), `LostRace` (not waiting for
    an approval any more), `Transition.DoesNotExist`.
    """
    require(actor, Role.APPROVER)
    requested = Transition.objects.get(pk=pk)
    if actor.is_same_person_as(requested.actor):
        raise NotAllowed(f"{actor.name} made request {pk}: another person must approve it")
    _check_thaw()
    if is_stale(requested):
        raise Refused([f"request {pk} is too old to be approved: look at the endpoint again, and request it anew"])
    with transaction.atomic(durable=True):
        unapproved = Transition.objects.filter(pk=pk, step=Step.REQUESTED, approval_needed=True, approved_at=None)
        if not unapproved.update(approved_by=actor.name, approved_at=timezone.now()):
            raise LostRace(f"request {pk} does not wait for an approval: see `manage.py route transition {pk}`")
        if start:
            transaction.on_commit(lambda: send(RUN, pk))
        _audit(requested, actor.name, "approve", reason)
    requested.refresh_from_db()
    return requested


def withdraw(pk: int, actor: Actor, *, reason: str) -> Transition:
    """By any operator or approver. Raises `NotAllowed`, `LostRace` once it has begun, `Transition.DoesNotExist`."""
    if Role.APPROVER not in actor.roles:
        require(actor, Role.OPERATOR)
    requested = Transition.objects.get(pk=pk)
    with transaction.atomic(durable=True):
        if not dismiss(requested, after=Step.ABORTED, detail=f"withdrawn by {actor.name}: {reason}"):
            raise LostRace(f"request {pk} has begun or ended: see `manage.py route transition {pk}`")
        _audit(requested, actor.name, "withdraw", reason)
    return requested


def _check_thaw() -> None:
    stopped = frozen()
    if stopped is not None:
        raise Refused([stopped])


def _audit(requested: Transition, actor: str, action: str, reason: str) -> None:
    record(
        actor=actor,
        action=f"request.{action}" if action != "request" else "request",
        subject=requested.endpoint,
        reason=reason,
        after={
            "transition": requested.pk,
            "verb": requested.verb,
            "to": requested.to_phase,
            "percent": requested.percent,
        },
    )
