"""What a deployment can choose: from the environment, then a settings file, then the defaults.

`TRADEMESH_PORT=9000` sets `port`; the settings file, `trademesh config path`, is TOML with the same
names.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from apps.data_dir import usual_data_dir
from apps.settings_file import file_settings

LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"], BeforeValidator(lambda level: str(level).lower())
]


def _postgres(url: SecretStr) -> SecretStr:
    if url.get_secret_value() and not url.get_secret_value().startswith("postgresql://"):
        raise ValueError("must begin with postgresql://")
    return url


StoreUrl = Annotated[SecretStr, AfterValidator(_postgres)]


class Settings(BaseSettings):
    """One deployment. Paths are absolute, times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="TRADEMESH_",
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    data_dir: Path = Field(default_factory=usual_data_dir)
    """Where everything is kept."""
    store_url: StoreUrl = SecretStr("")
    """PostgreSQL instead of a file in there: `postgresql://trademesh:…@host/trademesh`, as a role
    that is neither superuser nor owner of the tables."""
    store_owner_url: StoreUrl = SecretStr("")
    """The same database as the owner of the tables, who migrates: `trademesh admin migrate`."""
    lease_ttl: float = Field(default=15.0, ge=1)
    """On PostgreSQL: after so many seconds of silence another process may trade."""
    event_days: int = Field(default=7, ge=1, le=36_500)
    """How many days a stream may be taken up where it was left; events go then."""
    request_days: int = Field(default=30, ge=1, le=36_500)
    """How many days a repeated request_id gets its first answer. Orders are never placed twice."""
    host: str = "127.0.0.1"
    """Where Envoy listens."""
    port: int = Field(default=8080, ge=1, le=65535)
    """The one port for gRPC, gRPC-web and REST."""
    cors_origins: tuple[str, ...] = ()
    """Origins of other sites whose pages may call the API: `https://app.example.com`."""
    reflection: bool = True
    """Tell gRPC clients what there is to call. For machines of one's own."""
    log_level: LogLevel = "info"
    """What is worth a line in the log: debug, info, warning, error."""
    backtest_workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    """How many backtests run at the same time."""
    handler_timeout: float = Field(default=1.5, gt=0)
    """Seconds of processor time for one bar, before a strategy's run is ended."""
    strategy_user: int = Field(default=60_742, ge=1, lt=2**31)
    """The id of the user that strategies run as, where the platform is started as root."""
    broker_orders_per_minute: int = Field(default=100_000, ge=1)
    """The most orders sent to one broker in a minute, whatever the risk gate lets through."""
    broker_notional_per_minute: Decimal = Field(
        default=Decimal(5_000_000_000), gt=0, le=Decimal(9_000_000_000)
    )
    """The most money in orders that open a position, sent to one broker in a minute."""
    reconcile_every: float = Field(default=60.0, ge=0.1, le=86_400)
    """Seconds between two looks at each account from the broker's side and from ours."""
    drain_timeout: float = Field(default=10.0, gt=0)
    """How long calls in flight may take when the platform stops."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is said in the call wins over the environment, that over the file.

        Raises `InvalidRequest` INVALID_SETTING for a settings file that cannot be read.
        """
        del dotenv_settings, file_secret_settings
        in_file = InitSettingsSource(settings_cls, file_settings())
        return (init_settings, env_settings, in_file)
