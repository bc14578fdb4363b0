"""The environment, typed: every setting an operator can give, read once at start (`.env` first, then the process)."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent

Consistency = Literal["ONE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "LOCAL_ONE"]
Port = Annotated[int, Field(ge=1, le=65535)]
Percent = Annotated[int, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(gt=0)]


class Env(BaseSettings):
    """Names are the variables' own, in lower case; `.env.example` lists them all with their meaning."""

    model_config = SettingsConfigDict(env_file=BASE_DIR / ".env", env_ignore_empty=True, extra="ignore")

    debug: bool = False
    secret_key: SecretStr | None = None
    allowed_hosts: Annotated[list[str], NoDecode] = ["127.0.0.1", "localhost", "[::1]"]
    var_dir: Path = BASE_DIR / "var"
    log_format: Literal["json", "console"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    database_url: str | None = None
    redis_url: str = "redis://127.0.0.1:6379/0"

    db_backend: Literal["dynamodb", "scylla", "dual", "routed"] = "routed"

    dynamodb_endpoint_url: str | None = None
    dynamodb_table: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{3,255}$")] = "chat"
    aws_region: str = "us-east-1"

    scylla_contact_points: Annotated[list[str], NoDecode] = ["127.0.0.1"]
    scylla_port: Port = 9042
    scylla_local_dc: str = "datacenter1"
    scylla_username: str | None = None
    scylla_password: SecretStr | None = None
    scylla_tls_ca: Path | None = None
    keyspace: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")] = "chat_app"
    scylla_replication: Annotated[str, Field(pattern=r"^(\d+|[\w.-]+:\d+(,[\w.-]+:\d+)*)$")] | None = None
    scylla_schema: Literal["room"] = "room"
    scylla_dedup: Literal["lwt"] = "lwt"
    scylla_user_timeline: Literal["view", "off"] = "view"
    scylla_read_consistency: Consistency = "LOCAL_QUORUM"
    scylla_write_consistency: Consistency = "LOCAL_QUORUM"
    scylla_serial_consistency: Literal["SERIAL", "LOCAL_SERIAL"] = "LOCAL_SERIAL"
    scylla_batch_bytes: Annotated[int, Field(ge=1024, le=65536)] = 16384

    connect_timeout_seconds: Seconds = 2.0
    request_timeout_seconds: Seconds = 5.0
    mirror_timeout_seconds: Seconds = 1.0
    fallback_after_seconds: Seconds = 1.0
    worker_timeout_seconds: Seconds = 10.0

    clock_slots: Annotated[int, Field(ge=2, le=1000)] = 100
    hold_wait_seconds: Seconds = 3.0
    ramp_percent_default: Percent = 10
    shadow_percent_default: Percent = 0
    ack_wait_seconds: Seconds = 30.0
    approval_required: bool = False
    request_expires_seconds: Seconds = 3600.0
    backfill_latency_ms: Annotated[int, Field(ge=1)] = 500
    parity_horizon_seconds: Annotated[int, Field(ge=60)] = 60
    parity_grace_seconds: Annotated[float, Field(ge=0)] = 2.0
    ledger_rows_per_second: Annotated[int, Field(ge=1)] = 2000
    ledger_keep_paid_days: Annotated[int, Field(ge=0)] = 30
    ledger_max_attempts: Annotated[int, Field(ge=1)] = 20

    chat_debug_headers: bool = False
    chat_max_body_bytes: Annotated[int, Field(ge=1024)] = 65536
    chat_max_name_chars: Annotated[int, Field(ge=1, le=512)] = 256
    chat_max_comment_bytes: Annotated[int, Field(ge=1)] = 16384
    metrics_token: SecretStr | None = None
    rate_limit_per_minute: Annotated[int, Field(ge=0)] = 600
    rate_limit_loopback: bool = False

    web_port: Port = 8080
    web_workers: Annotated[int, Field(ge=1)] = 2
    web_threads: Annotated[int, Field(ge=1)] = 8

    @field_validator("allowed_hosts", "scylla_contact_points", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @cached_property
    def control_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.var_dir / 'control.sqlite3'}"
