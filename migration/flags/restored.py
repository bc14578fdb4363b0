"""The way out when an older copy of the control database was restored: on from an epoch that nobody has seen."""

from __future__ import annotations

from django.db import transaction

from migration.audit.record import record
from migration.enums import HolderState, Step
from migration.exceptions import LostRace, Refused
from migration.flags.wake import wake_holders
from migration.holders.dead import bury_proven_dead
from migration.holders.declaring import authority_of, void_all_but_authority
from migration.models import Holder, Rollout, Transition


def raise_epoch_above(epoch: int, *, authority: str, actor: str, reason: str) -> int:
    """The new epoch, above `epoch` and above the database's own. What was acted under since the copy was made is
    forgotten, debts among it, so no store but the authority counts as complete: compare both ways before any move.

    `authority` is the store that decides writes, as the operator knows it: a move since the copy was made would be
    forgotten too. Raises `Refused` naming what stands in the way, `LostRace` when a move came first.
    """
    if not reason.strip():
        raise Refused(["say why: the audit keeps it"])
    bury_proven_dead()
    with transaction.atomic(durable=True):
        rollout = Rollout.objects.select_for_update().filter(active=True).first()
        if rollout is None:
            raise Refused(["there is no active rollout: run `manage.py migrate`"])
        _refuse_needless(rollout, epoch)
        _refuse_in_hold(rollout)
        _refuse_beside_live()
        _refuse_other_authority(rollout, authority)
        new = epoch + 1
        if not Rollout.objects.filter(pk=rollout.pk, epoch=rollout.epoch).update(epoch=new):
            raise LostRace(f"epoch {rollout.epoch} is over: another move came first; look at `manage.py route status`")
        before, rollout.epoch = rollout.epoch, new
        voided = void_all_but_authority(rollout, f"an older control database was restored (epoch {before})")
        record(
            actor=actor,
            action="rollout.restored",
            subject=rollout.name,
            reason=reason,
            before={"epoch": before},
            after={"epoch": new, "authority": authority_of(rollout), "voided": voided},
        )
        transaction.on_commit(wake_holders)
    return new


def _refuse_needless(rollout: Rollout, epoch: int) -> None:
    if epoch < rollout.epoch:
        raise Refused([f"the control database is on epoch {rollout.epoch} already, which is above {epoch}"])


def _refuse_in_hold(rollout: Rollout) -> None:
    """The abort of a hold is a compare-and-set on its epoch: raised over it, writes would stay held for ever."""
    held = Transition.objects.filter(rollout=rollout, step=Step.HELD).first()
    if held is not None:
        raise Refused(
            [
                f"the copy was made while transition {held.pk} held the writes. Let it be ended first (a `control` "
                "worker does it within ten seconds, or the next `route` command), then repeat this one"
            ]
        )


def _refuse_beside_live() -> None:
    """They act under flags of the newer database, and hold what this one does not know of."""
    live = [str(holder) for holder in Holder.objects.filter(state=HolderState.LIVE).order_by("pk")]
    if live:
        raise Refused(
            [
                f"registered as live: {', '.join(live)}. End them; this command, run on their machine as well, proves "
                "them dead. What `manage.py holders list` says to declare dead, declare dead. Then repeat this one"
            ]
        )


def _refuse_other_authority(rollout: Rollout, authority: str) -> None:
    """Every store but the one that is named here is voided, and posts go to it as soon as a process starts."""
    restored = authority_of(rollout)
    if authority != restored:
        raise Refused(
            [
                f"by the restored flags {restored} decides writes, not {authority}. If {authority} did when the newer "
                "database was lost, make that move again first, with every process down: `manage.py route advance` or "
                f"`rollback` of post_comment. If it did not, say `--authority {restored}`"
            ]
        )
