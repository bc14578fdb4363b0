"""What the chat service is given by the control plane, named in settings: its policy and its debt recorder."""

from __future__ import annotations

from migration.flags.policy import RoutedPolicy
from migration.flags.policy import make_policy as make_routed_policy
from migration.ledger.recorder import ProcessRecorder
from migration.ledger.recorder import make_recorder as make_process_recorder

__all__ = ["make_policy", "make_recorder"]


def make_recorder() -> ProcessRecorder:
    """CHAT_DEBT_RECORDER: with a thread that keeps its books in order."""
    recorder = make_process_recorder()
    recorder.start()
    return recorder


def make_policy() -> RoutedPolicy:
    """CHAT_ROUTING: one that confirms nothing while this process owes what is not in the ledger."""
    return make_routed_policy(make_recorder())
