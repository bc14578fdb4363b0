"""A long outage under load: what is away, and when; played against real processes, real engines, real workers."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from time import monotonic, sleep

from chat.data import StoreId
from migration.enums import Phase
from migration.models import Debt, Rollout
from tests import engines
from tests.faults.accounts import damage, database_away, unpaid, violations
from tests.faults.counts import note
from tests.faults.outages import Stalling, behind_a_wire, go_away_and_return
from tests.faults.posting import Answer, Load, posting, web_processes
from tests.faults.workers import await_listening, paying
from tests.migration.bed import Bed
from tests.migration.vectors import stand

AWAY_SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
"""How long a campaign's outages last together: the one place that says so. `make soak` asks for a minute."""
PATIENCE_SECONDS = 4 * AWAY_SECONDS + 150
"""For the whole test."""
HANGS_SECONDS = 3.0
"""An engine first hangs this long, or half of its outage, and refuses for the rest."""
QUIET_SECONDS = 2.0
"""Of load before the outage, to compare with."""
PAUSE_SECONDS = 0.08
"""Between two posts of a client: a campaign is long, and other tests run beside it."""
DRAIN_LIMIT_SECONDS = 90.0
"""A debt that was tried in vain all the time waits up to a minute for its next turn."""
LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Window:
    """From and until which part of the campaign, 0 to 1."""

    begins: float
    ends: float

    @property
    def seconds(self) -> float:
        return (self.ends - self.begins) * AWAY_SECONDS


@dataclass(frozen=True, slots=True)
class Campaign:
    """`mirror` is away in `engine`, the control database in `database`."""

    name: str
    write: Phase
    mirror: StoreId
    engine: Window
    database: Window | None = None


@dataclass
class Course:
    """What was seen. `drained_s` runs from the end of the last outage to the last payment; None: not in time."""

    load: Load
    began: float = 0.0
    back: float = 0.0
    debts_peak: int = 0
    spooled_peak: int = 0
    drained_s: float | None = None
    violations: list[str] = field(default_factory=list)

    @property
    def during(self) -> list[Answer]:
        return [answer for answer in self.load.answers if self.began <= answer.at < self.back]

    @property
    def before(self) -> list[Answer]:
        return [answer for answer in self.load.answers if self.began - QUIET_SECONDS <= answer.at < self.began]


def play(campaign: Campaign, bed: Bed, rollout: Rollout, control: Path) -> Course:
    """When this returns, the workers had their time to pay; what the stores hold then is in `violations`."""
    stand(rollout, write=campaign.write, reads=Phase.CUTOVER)
    address = engines.cql_address() if campaign.mirror is StoreId.SCYLLA_ROOM else engines.dynamodb_address()
    with ExitStack() as stack:
        wires = stack.enter_context(behind_a_wire(address))
        over_the_wire = addresses(campaign.mirror, wires[0].port)
        # They meet the same outage as the web processes.
        stack.enter_context(paying(bed, **over_the_wire))
        web = stack.enter_context(web_processes(bed, **over_the_wire))
        course = Course(Load(web, pause=PAUSE_SECONDS))
        await_listening()
        with posting(course.load):
            sleep(QUIET_SECONDS)
            take_away(campaign, course, bed, partial(lose_engine, wires, address), control)
            await_mirrored_again(bed)
        await_paid(course)
    course.violations = violations(course.load.accepted, bed)
    note(campaign.name, **counts(course, bed))
    return course


def addresses(mirror: StoreId, port: int) -> dict[str, str]:
    """The setting that leads to the mirror by that port."""
    if mirror is StoreId.SCYLLA_ROOM:
        return {"SCYLLA_PORT": str(port)}
    return {"DYNAMODB_ENDPOINT_URL": f"http://127.0.0.1:{port}"}


def take_away(
    campaign: Campaign, course: Course, bed: Bed, lose_engine: Callable[[Window], None], control: Path
) -> None:
    """Each outage in its window, side by side, watched until the last one is over."""
    course.began = monotonic()
    with ThreadPoolExecutor(2) as threads:
        outages: list[Future[None]] = [threads.submit(lose_engine, campaign.engine)]
        if campaign.database is not None:
            outages.append(threads.submit(lose_database, campaign.database, control))
        while not all(outage.done() for outage in outages):
            watch(course, bed)
            sleep(LOOK_SECONDS)
        for outage in outages:
            outage.result()
    course.back = monotonic()
    watch(course, bed)


def lose_engine(wires: list[Stalling], address: tuple[str, int], window: Window) -> None:
    sleep(window.begins * AWAY_SECONDS)
    hangs = min(HANGS_SECONDS, window.seconds / 2)
    go_away_and_return(wires, address, hangs=hangs, refuses=window.seconds - hangs)


def lose_database(window: Window, control: Path) -> None:
    sleep(window.begins * AWAY_SECONDS)
    with database_away(control):
        sleep(window.seconds)


def watch(course: Course, bed: Bed) -> None:
    # Readers are not kept out of a control database that takes no writes.
    course.debts_peak = max(course.debts_peak, unpaid())
    course.spooled_peak = max(course.spooled_peak, spooled(bed))


def spooled(bed: Bed) -> int:
    """Bytes in the spools of the web processes."""
    return sum(path.stat().st_size for path in (bed.folder / "web" / "holders").glob("*.spool"))


def await_mirrored_again(bed: Bed) -> None:
    """Both processes' breakers are closed and their spools empty: a while of posts adds no debt."""
    deadline = monotonic() + 30
    while True:
        before = Debt.objects.count()
        sleep(1.0)
        if Debt.objects.count() == before and not spooled(bed):
            return
        assert monotonic() < deadline, f"posts still become debts; {spooled(bed)} bytes are spooled"


def await_paid(course: Course) -> None:
    """By the real workers, and by nobody else."""
    while left := unpaid():
        course.debts_peak = max(course.debts_peak, left)
        if monotonic() > course.back + DRAIN_LIMIT_SECONDS:
            return
        sleep(LOOK_SECONDS)
    course.drained_s = round(monotonic() - course.back, 1)


def p99(answers: list[Answer]) -> float:
    """Seconds."""
    return quantiles([answer.seconds for answer in answers], n=100)[98]


def counts(course: Course, bed: Bed) -> dict[str, object]:
    answers = course.load.answers
    return {
        "rounds": 1,
        "away_s": AWAY_SECONDS,
        "requests": len(answers),
        "acknowledged": len(course.load.accepted),
        "failed": sum(answer.status != 200 for answer in answers),
        **asdict(damage(course.load.accepted, bed)),
        "violations": course.violations[:20],
        "debts_peak": course.debts_peak,
        "spooled_peak_bytes": course.spooled_peak,
        "drained_s": course.drained_s,
        "p99_before_ms": round(p99(course.before) * 1000),
        "p99_during_ms": round(p99(course.during) * 1000),
        "longest_ms": round(max(answer.seconds for answer in course.during) * 1000),
    }
