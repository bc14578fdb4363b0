"""Rows that no claim explains: a post under a second key, a post of unknown outcome, or a stranger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .claims import Account
from .findings import Findings
from .rows import Key, Row, Stored
from .survey import Survey
from .trafficlog import ROOM, Post

Said = tuple[str, str]  # name and text


@dataclass(slots=True)
class Explainer:
    """Judges the leftovers of both stores. A post without a 200 may be there once, under one key in both."""

    acknowledged: dict[Said, Post]
    unsettled: dict[Said, list[Post]]
    quarantined: dict[Key, str]
    settled_at: dict[str, Key] = field(default_factory=dict)

    @classmethod
    def of(cls, posts: Iterable[Post], survey: Survey) -> Explainer:
        explainer = cls({}, {}, {entry.key: entry.reason for entry in survey.entries if entry.reason})
        for post in posts:
            said = (post.name, post.comment)
            if not post.is_acknowledged:
                explainer.unsettled.setdefault(said, []).append(post)
            elif post.comment:  # the empty text names no post
                explainer.acknowledged[said] = post
        return explainer

    def judge(self, account: Account, findings: Findings) -> None:
        """Every row left in `account` is explained, or an offence."""
        used: set[str] = set()
        for stored in account.leftovers():
            self._judge(account.store, stored, used, findings)

    def _judge(self, store: str, stored: Stored, used: set[str], findings: Findings) -> None:
        row = stored.row
        said = (row.name, row.comment or "") if row else None
        if row is not None and said in self.acknowledged:
            _judge_second_key(store, row, self.acknowledged[said], findings)
        elif row is not None and said in self.unsettled:
            self._judge_unsettled(store, row, self.unsettled[said], used, findings)
        elif stored.key in self.quarantined:
            reason = self.quarantined[stored.key]
            findings.offend("quarantined and copied", f"{stored.key} ({reason}) is in {store}")
        else:
            room = f" room {row.room!r}" if row else ""
            findings.offend("unexplained", f"{stored.key} in {store}{room}: not surveyed, not posted")

    def _judge_unsettled(self, store: str, row: Row, posts: list[Post], used: set[str], findings: Findings) -> None:
        free = [post for post in posts if post.id not in used]
        if not free or row.room != ROOM:
            findings.duplicate(posts[0], f"{row.key} in {store}, another row of a post that had no 200")
            return
        # Two empty texts of one name look alike: prefer the post that the other store has at this key.
        post = next((post for post in free if self.settled_at.get(post.id) == row.key), free[0])
        used.add(post.id)
        if self.settled_at.setdefault(post.id, row.key) != row.key:
            other = self.settled_at[post.id]
            findings.duplicate(post, f"{row.key} in {store}, and {other} in the other store: one post, two keys")


def _judge_second_key(store: str, row: Row, post: Post, findings: Findings) -> None:
    place = f"{row.key} in room {row.room!r}" if row.room != ROOM else str(row.key)
    if post.id in findings.lost:
        findings.offend("moved", f"{post.key} was answered, {store} has its text at {place}")
    else:
        findings.duplicate(post, f"{post.key} is in {store} again, at {place}")
