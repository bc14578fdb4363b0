import pytest

from migration.rehearsal.traffic.address import Address, AddressRefused, parse_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8080", Address("127.0.0.1", 8080, "")),
        ("http://localhost/", Address("localhost", 80, "")),
        ("http://[::1]:9/chatapp/", Address("::1", 9, "/chatapp")),
    ],
)
def test_takes_a_loopback_url(url: str, address: Address) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:8080",
        "http://0.0.0.0:8080",
        "http://example.org",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://[::ffff:10.0.0.1]:80",
    ],
)
def test_refuses_any_address_that_is_not_loopback(url: str) -> None:
    with pytest.raises(AddressRefused, match="a loopback address only"):
        parse_address(url)


@pytest.mark.parametrize("url", ["https://127.0.0.1:8080", "127.0.0.1:8080", "http://", "http://127.0.0.1:port"])
def test_refuses_what_is_not_a_plain_http_url(url: str) -> None:
    with pytest.raises(AddressRefused, match=r"such as http://127\.0\.0\.1:8080"):
        parse_address(url)
