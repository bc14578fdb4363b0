"""Six ways to damage a finished rehearsal, each of which must turn the verdict to fail and name the key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .addresses import CqlAddress, DynamoAddress
from .claims import Terms
from .errors import SabotageRefused
from .mapping import MILLION, canonical, microseconds
from .rows import Row
from .trafficlog import Post

LATER_US = 2 * MILLION + 7  # beyond the clock step of any process; an instant already taken is passed over


class Store(Protocol):
    """What both tables offer here."""

    store: str

    def put(self, row: Row) -> None: ...

    def delete(self, row: Row) -> None: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """The store that decides, the other one, the comment to be damaged, and the times no row may move to."""

    authority: Store
    other: Store
    victim: Row
    taken: frozenset[str]


def require_local(dynamo: DynamoAddress, cql: CqlAddress) -> None:
    """Damage is for stores on this machine only. Raises `SabotageRefused`."""
    for address in (dynamo, cql):
        if not address.is_local():
            raise SabotageRefused(f"sabotage damages real rows: {address.where} is not a loopback address")


def choose_scene(stores: list[Store], posts: list[Post], terms: Terms) -> Scene:
    """The victim is the middle one of the acknowledged posts with a text; without any, `SabotageRefused`."""
    named = [post for post in posts if post.comment]
    if not named:
        raise SabotageRefused("the log holds no acknowledged post with a text, so there is nothing to damage")
    authority, other = sorted(stores, key=lambda store: store.store != terms.authority)
    taken = frozenset(post.key.time for post in posts)
    return Scene(authority, other, named[len(named) // 2].row, taken)


def drop(scene: Scene) -> str:
    """Take an acknowledged comment away."""
    scene.authority.delete(scene.victim)
    return "deleted"


def alter(scene: Scene) -> str:
    """Change an acknowledged comment's text."""
    scene.authority.put(scene.victim._replace(comment=f"{scene.victim.comment} (altered)"))
    return "given another text"


def duplicate(scene: Scene) -> str:
    """Keep an acknowledged comment twice, the second time under a later instant."""
    later = _later(scene)
    scene.authority.put(later)
    return f"repeated at {later.time}"


def late(scene: Scene) -> str:
    """Move an acknowledged comment to a later instant, so that the answered time no longer names it."""
    later = _later(scene)
    scene.authority.put(later)
    scene.authority.delete(scene.victim)
    return f"moved to {later.time}"


def wrong_room(scene: Scene) -> str:
    """Move an acknowledged comment to another room."""
    # The delete comes first: in DynamoDB both rows have one key, and it would take the moved one.
    scene.authority.delete(scene.victim)
    scene.authority.put(scene.victim._replace(room="elsewhere"))
    return "moved to room elsewhere"


def wrong_authority(scene: Scene) -> str:
    """Leave an acknowledged comment only in the store that does not decide."""
    scene.other.put(scene.victim)
    scene.authority.delete(scene.victim)
    return f"left only in {scene.other.store}"


SABOTAGES: dict[str, Callable[[Scene], str]] = {
    "drop": drop,
    "alter": alter,
    "duplicate": duplicate,
    "late": late,
    "wrong-room": wrong_room,
    "wrong-authority": wrong_authority,
}


def commit_sabotage(name: str, scene: Scene) -> str:
    """Do it, and say in one line what was done to which key."""
    done = SABOTAGES[name](scene)
    return f"sabotage {name}: {scene.victim.key} in {scene.authority.store} was {done}"


def _later(scene: Scene) -> Row:
    time_us = microseconds(scene.victim.time)
    if time_us is None:
        raise SabotageRefused(f"{scene.victim.key} was acknowledged under a time that cannot be mapped")
    candidates = (canonical(time_us + LATER_US + step) for step in range(len(scene.taken) + 1))
    return scene.victim._replace(time=next(text for text in candidates if text not in scene.taken))
