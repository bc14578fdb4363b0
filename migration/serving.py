"""What the chat service is given by the control plane, named in settings: its policy and its debt recorder."""

from __future__ import annotations

from chat.routing.ports import WriteRoute
from migration.flags.acting import take_part
from migration.flags.fixed import FixedInRollout
from migration.flags.fixed import make_fixed_policy as make_registered_policy
from migration.flags.policy import RoutedPolicy
from migration.flags.policy import make_policy as make_routed_policy
from migration.holders.kinds import WORKER
from migration.ledger.recorder import ProcessRecorder
from migration.ledger.recorder import make_recorder as make_process_recorder

__all__ = ["make_fixed_policy", "make_policy", "make_recorder", "take_part_as_worker"]


def make_recorder() -> ProcessRecorder:
    """CHAT_DEBT_RECORDER: with a thread that keeps its books in order."""
    recorder = make_process_recorder()
    recorder.start()
    return recorder


def make_policy() -> RoutedPolicy:
    """CHAT_ROUTING: one that confirms nothing while this process owes what is not in the ledger."""
    return make_routed_policy(make_recorder())


def make_fixed_policy(backend: str, route: WriteRoute) -> FixedInRollout | None:
    """CHAT_FIXED_REGISTRAR: for a process on a fixed DB_BACKEND. None where no rollout is under way."""
    return make_registered_policy(backend, route, make_recorder())


def take_part_as_worker() -> None:
    """Of a process that runs Celery tasks."""
    take_part(WORKER)
