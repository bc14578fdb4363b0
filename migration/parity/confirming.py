"""A disagreement is only a suspect: it counts after a second, strong look at both sides (design section 11)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from chat.codec.digest import RoomDigest
from chat.codec.faults import FaultCode
from chat.conf import env
from chat.data import Comment
from chat.stores.base import Store
from migration.merging import Pair
from migration.models import QuarantinedItem
from migration.quarantine.items import key_of
from migration.quarantine.search import put_by_a_fix

QUARANTINED = "quarantined"
READERS = 8
"""Keys read at once when suspects are confirmed: a wait for two stores, hardly any work of our own."""


def look_again(suspects: list[Pair], source: Store, target: Store) -> Iterator[Pair | None]:
    """Waits the grace period once, then reads each key strongly from both stores, in the order of the suspects.

    None where neither store has the key any more.
    """
    time.sleep(env().parity_grace_seconds)
    with ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="confirm") as readers:
        yield from readers.map(lambda pair: _read(pair.known, source, target), suspects)


def _read(known: Comment, source: Store, target: Store) -> Pair | None:
    left, right = _spelled_so(known, source), _spelled_so(known, target)
    return Pair(left, right) if left or right else None


def _spelled_so(known: Comment, store: Store) -> Comment | None:
    """CQL knows an instant, not its spelling: asked for `1.50` it gives the `1.5` that took the key before."""
    found = store.get(known.room, known.name, known.time)
    return found if found is not None and found.time == known.time else None


def kind_of(pair: Pair) -> str:
    """missing, extra or different, seen from the target; quarantined where the source's item is kept aside."""
    if pair.source is None:
        return QUARANTINED if pair.target and put_by_a_fix(pair.target) else "extra"
    if pair.target is None:
        return QUARANTINED if collides(pair.source) else "missing"
    return "different"


def collides(comment: Comment) -> bool:
    """A later spelling of an instant that is taken maps by itself, but is kept aside for the operator.

    Only that: an item quarantined for any other reason, and mapped by now, has been mended since and is missing.
    """
    key = key_of(comment.name, comment.time)
    return QuarantinedItem.objects.filter(key=key, code=FaultCode.KEY_COLLISION).exists()


def digest_of(comment: Comment | None) -> str:
    """Hexadecimal; blank for no comment."""
    if comment is None:
        return ""
    digest = RoomDigest()
    digest.add(comment)
    return digest.hex()
