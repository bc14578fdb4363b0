"""The one definition of the CQL table."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings

from chat.models import ChatByRoom


def test_the_table_is_in_the_configured_keyspace_and_cluster() -> None:
    assert ChatByRoom.column_family_name() == f"{settings.ENV.keyspace}.chat_by_room"
    assert ChatByRoom.__connection__ == "scylla"


def test_rooms_are_partitions_newest_first_with_ties_by_name() -> None:
    assert list(ChatByRoom._partition_keys) == ["chat_room"]
    order = [(name, column.clustering_order) for name, column in ChatByRoom._clustering_keys.items()]
    assert order == [("time_us", "DESC"), ("name", "ASC")]


def test_django_does_not_take_it_for_a_model_of_its_own() -> None:
    """Else makemigrations and permissions would reach for the control database."""
    assert not any(model.__name__ == "ChatByRoom" for model in apps.get_models())
