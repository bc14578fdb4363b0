"""What the checker found wrong. An empty list is the only way to a verdict of pass."""

from __future__ import annotations

from dataclasses import dataclass, field

from .trafficlog import Post

NAMED = 20  # offences of one kind that are named; the rest are only counted


@dataclass(slots=True)
class Findings:
    """Offences by kind, in the order of finding. `lost` and `duplicated` hold the ids of posts."""

    offences: dict[str, list[str]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    duplicated: set[str] = field(default_factory=set)

    def offend(self, kind: str, text: str) -> None:
        self.offences.setdefault(kind, []).append(text)

    def lose(self, post: Post, text: str) -> None:
        self.lost.add(post.id)
        self.offend("lost", f"{post.key} {text}")

    def duplicate(self, post: Post, text: str) -> None:
        self.duplicated.add(post.id)
        self.offend("duplicated", text)

    def reasons(self) -> list[str]:
        """One text per offence, at most `NAMED` of a kind, then how many there are in all."""
        reasons = []
        for kind, texts in self.offences.items():
            reasons += [f"{kind}: {text}" for text in texts[:NAMED]]
            if len(texts) > NAMED:
                reasons.append(f"{kind}: {len(texts)} in all, {len(texts) - NAMED} not named here")
        return reasons
