"""An answer lost, a put that lands after its timeout, a put sent again: one comment, not two (protocol W1 to W3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event
from time import sleep

import pytest

from chat.clock import wall_us
from chat.conf import Role
from chat.data import StoreId
from chat.routing import authority
from chat.routing.authority import Unsettled
from chat.routing.ports import WriteRoute
from chat.routing.router import Router
from chat.stores import registry
from chat.stores.base import Deadlines, Store
from migration.enums import DebtState
from migration.models import Debt
from tests import engines
from tests.chat.routing.doubles import Turned
from tests.faults.accounts import pay_everything, violations
from tests.faults.wire import Fault, Link, Wire
from tests.migration.bed import Bed
from tests.migration.debts import LedgerOnly

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM
TEXT = "said once and for all"
# The connection is made before anything is put to the test: only requests are short.
SHORT = Deadlines(connect=10.0, request=2.0)


class Delaying(Wire):
    """Holds back the first request with the marker, whole, until it is released; others of the same text pass."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.marker = TEXT.encode()
        self.held, self.release = Event(), Event()

    def _judge(self, link: Link, data: bytes) -> None:
        if self.marker in data and not self.held.is_set():
            self.held.set()
            assert self.release.wait(30)
        super()._judge(link, data)


@dataclass
class Service:
    """The real router and stores; the authority is reached over the wire."""

    router: Router
    wire: Wire

    def post(self) -> dict[str, str]:
        comment = self.router.post(room="chat", name="ann", text=TEXT).comment
        return {comment.text: comment.time}


@contextmanager
def service(
    bed: Bed, decides: StoreId, wire: type[Wire] = Wire, *, over_the_wire: StoreId | None = None
) -> Iterator[Service]:
    with ExitStack() as stack:
        slow = over_the_wire or decides
        between = wire(*(engines.dynamodb_address() if slow is SOURCE else engines.cql_address()))
        stack.callback(between.close)
        behind = _behind(bed, slow, between, stack)

        def open_store(store_id: StoreId, role: Role) -> Store:
            return behind if store_id is slow else registry.open_store(store_id, role)

        follows = TARGET if decides is SOURCE else SOURCE
        policy = Turned(write=WriteRoute(epoch=1, authority=decides, mirror=follows), instants=count(wall_us(), 100))
        yield Service(Router(policy=policy, recorder=LedgerOnly(), open_store=open_store), between)


def _behind(bed: Bed, store_id: StoreId, wire: Wire, stack: ExitStack) -> Store:
    if store_id is SOURCE:
        return engines.dynamo_store(bed.ground.table, port=wire.port, deadlines=SHORT)
    cluster = stack.enter_context(engines.cql_cluster(host="127.0.0.1", port=wire.port))
    store = engines.scylla_store(bed.ground.keyspace, cluster, deadlines=SHORT, has_user_view=False)
    # Connected and prepared: the test is about the put.
    store.ping()
    return store


# After a lost connection the CQL driver needs a moment, in which puts are not even sent: there one is lost at most.
@pytest.mark.parametrize(("decides", "lost"), [(SOURCE, 1), (SOURCE, 2), (SOURCE, 3), (TARGET, 1)])
def test_the_answer_of_the_authority_is_lost(bed: Bed, decides: StoreId, lost: int) -> None:
    with service(bed, decides) as one, one.wire.strike(TEXT, Fault.LOSE_ANSWER, times=lost) as rule:
        accepted = one.post()
    # Once for each answer that was lost, and no time more: no library sent it again by itself.
    assert rule.forwarded == lost + 1
    assert not Debt.objects.exists()
    assert violations(accepted, bed) == []
    assert (len(bed.items()), len(bed.rows())) == (1, 1)


@pytest.mark.parametrize("decides", [SOURCE, TARGET])
def test_every_answer_of_the_authority_is_lost(bed: Bed, decides: StoreId) -> None:
    """The client is told that nobody knows; what was kept all the same is in both stores, once."""
    with service(bed, decides) as one:
        with one.wire.strike(TEXT, Fault.LOSE_ANSWER, times=99) as rule, pytest.raises(Unsettled):
            one.post()
        assert 1 <= rule.forwarded <= 1 + len(authority.RESEND_PAUSES)
    assert list(Debt.objects.values_list("state", flat=True)) == [DebtState.UNSETTLED]
    pay_everything(sweeping=False)
    assert violations({}, bed) == []
    assert (len(bed.items()), len(bed.rows())) == (1, 1)


def test_a_put_lands_after_the_put_that_replaced_it(bed: Bed) -> None:
    """The first one times out on its way, the second one is answered, and only then the first one arrives."""
    with service(bed, SOURCE, Delaying) as one:
        assert isinstance(one.wire, Delaying)
        accepted = one.post()
        assert one.wire.held.is_set()
        one.wire.release.set()
        sleep(0.5)
    assert violations(accepted, bed) == []
    assert (len(bed.items()), len(bed.rows())) == (1, 1)


@pytest.mark.parametrize("after_the_drain", [False, True])
def test_a_put_lands_when_its_client_has_long_been_told(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, after_the_drain: bool
) -> None:
    """All of a CQL process's puts go over one connection, so all are held back, and none is settled."""
    monkeypatch.setattr(authority, "RESEND_PAUSES", (0.0,))
    with service(bed, TARGET, Delaying) as one:
        assert isinstance(one.wire, Delaying)
        with pytest.raises(Unsettled):
            one.post()
        if after_the_drain:
            pay_everything(sweeping=False)
        one.wire.release.set()
        sleep(0.5)
    pay_everything(sweeping=False)
    assert violations({}, bed) == []
    assert (len(bed.items()), len(bed.rows())) == (1, 1)
    assert list(Debt.objects.values_list("state", flat=True)) == [DebtState.PAID]


@pytest.mark.parametrize("decides", [SOURCE, TARGET])
def test_the_answer_of_the_mirror_is_lost(bed: Bed, decides: StoreId, control: Path) -> None:
    follows = TARGET if decides is SOURCE else SOURCE
    with service(bed, decides, over_the_wire=follows) as one:
        with one.wire.strike(TEXT, Fault.LOSE_ANSWER, times=99):
            accepted = one.post()
        one.router.circuits.close()
    assert list(Debt.objects.values_list("owed", "state")) == [(follows, DebtState.OPEN)]
    pay_everything(sweeping=False)
    assert violations(accepted, bed) == []
    assert (len(bed.items()), len(bed.rows())) == (1, 1)
