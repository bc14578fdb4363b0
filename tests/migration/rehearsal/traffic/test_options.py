from pathlib import Path

import pytest

from migration.rehearsal.traffic.address import Address
from migration.rehearsal.traffic.options import Options, parse_options

WORDS = [
    "--url",
    "http://127.0.0.1:8080",
    "--seconds",
    "5",
    "--writers",
    "2",
    "--readers",
    "1",
    "--rate",
    "10",
]


def test_reads_the_command_line(tmp_path: Path) -> None:
    options = parse_options([*WORDS, "--log", str(tmp_path / "log"), "--stop-file", "stop"])

    assert options == Options(
        address=Address("127.0.0.1", 8080, ""),
        log=tmp_path / "log",
        seconds=5.0,
        writers=2,
        readers=1,
        rate=10.0,
        stop_file=Path("stop"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("--url", "http://192.168.0.1:80"),
        ("--seconds", "0"),
        ("--seconds", "nan"),
        ("--seconds", "1e9"),
        ("--writers", "0"),
        ("--readers", "x"),
        ("--rate", "-1"),
        ("--posts", "0"),
    ],
)
def test_refuses_an_unusable_value(tmp_path: Path, name: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_options([*WORDS, "--log", str(tmp_path / "log"), name, value])

    assert ended.value.code == 2
    assert f"argument {name}" in capsys.readouterr().err


def test_refuses_a_log_that_exists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log").touch()

    with pytest.raises(SystemExit):
        parse_options([*WORDS, "--log", str(tmp_path / "log")])
    assert "a log belongs to one run" in capsys.readouterr().err
