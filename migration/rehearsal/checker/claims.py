"""What a store must hold, each row claimed once: the items of the survey, then the acknowledged posts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .findings import Findings
from .mapping import MILLION, microseconds
from .rows import Image, Key, Row, Stored
from .survey import Survey, Surveyed
from .trafficlog import Post


@dataclass(frozen=True, slots=True)
class Terms:
    """Which store decided at the end, and until when the other was written (Unix seconds; None: to the end).

    Within `margin` seconds around that moment a comment may be in the other store or not.
    """

    authority: str
    mirrored_until: float | None
    margin: float

    def must_hold(self, store: str, time_text: str | None) -> bool:
        if store == self.authority or self.mirrored_until is None:
            return True
        return _seconds(time_text) < self.mirrored_until - self.margin

    def must_not_hold(self, store: str, time_text: str | None) -> bool:
        if store == self.authority or self.mirrored_until is None:
            return False
        return _seconds(time_text) > self.mirrored_until + self.margin


@dataclass(slots=True)
class Account:
    """One store's rows; what is claimed is taken out, so nothing has explained what is left at the end."""

    image: Image
    left: dict[Key, list[Stored]] = field(init=False)

    def __post_init__(self) -> None:
        self.left = {key: list(entries) for key, entries in self.image.entries.items()}

    @property
    def store(self) -> str:
        return self.image.store

    def claim(self, key: Key, wanted: Callable[[Stored], bool]) -> Stored | None:
        """Take out the first row under `key` that is `wanted`."""
        entries = self.left.get(key, [])
        for number, stored in enumerate(entries):
            if wanted(stored):
                return entries.pop(number)
        return None

    def leftovers(self) -> Iterable[Stored]:
        return (stored for entries in self.left.values() for stored in entries)


def claim_survey(account: Account, survey: Survey, findings: Findings) -> None:
    """Every surveyed item is still in DynamoDB as it was, every mappable one in CQL as the same comment."""
    for entry in survey.entries:
        if entry.reason is None or account.store == "dynamodb":
            _claim_surveyed(account, entry, findings)


def claim_posts(account: Account, posts: Iterable[Post], terms: Terms, findings: Findings) -> None:
    """Every acknowledged post is where its answer said, with its text, in every store that was live then."""
    for post in posts:
        _claim_post(account, post, terms, findings)


def _claim_surveyed(account: Account, entry: Surveyed, findings: Findings) -> None:
    if account.claim(entry.key, lambda stored: stored.digest == entry.digest):
        return
    other = account.claim(entry.key, lambda _: True)
    what = "changed since the survey" if other else "surveyed and gone"
    findings.offend(what, f"{entry.key} in {account.store}")


def _claim_post(account: Account, post: Post, terms: Terms, findings: Findings) -> None:
    expected = post.row
    if account.claim(post.key, lambda stored: stored.row == expected):
        if terms.must_not_hold(account.store, post.time):
            findings.offend("written to a retired store", f"{post.key} in {account.store}")
        return
    other = account.claim(post.key, lambda _: True)
    if other is not None:
        findings.lose(post, f"is in {account.store} {_difference(other.row, expected)}")
    elif terms.must_hold(account.store, post.time):
        role = "the final authority" if account.store == terms.authority else "live when it was posted"
        findings.lose(post, f"acknowledged as {post.id}, is absent from {account.store}, {role}")


def _difference(found: Row | None, expected: Row) -> str:
    if found is None:
        return "as something that is not a plain comment"
    if found.room != expected.room:
        return f"in room {found.room!r} instead of {expected.room!r}"
    return "without its text" if found.comment is None else "with a different text"


def _seconds(time_text: str | None) -> float:
    """Unix seconds of an answered time; one that cannot be mapped is always to be held."""
    time_us = microseconds(time_text or "")
    return float("-inf") if time_us is None else time_us / MILLION
