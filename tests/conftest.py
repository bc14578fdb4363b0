"""What holds for all tests."""

from tests.examples import register_profile

register_profile()
