"""The settings: read once, from the environment and `.env`. Nothing else in the product reads the environment."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting has a mistake; the message is one sentence that names where and which."""


class Settings(BaseSettings):
    """Every variable of `.env.example`, with the same defaults."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="forbid", frozen=True
    )

    business_file: Path = Path("business.toml")
    database_url: str = "sqlite:///var/switchboard.db"
    key_file: Path = Path("var/switchboard.key")
    db_delay_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    demo_customers: Annotated[int, Field(ge=1, le=100_000)] = 50
    trust_caller_id: bool = True
    hold_seconds: Annotated[int, Field(ge=10, le=3600)] = 180
    webhook_secret: SecretStr | None = None
    weather_url: str | None = None
    weather_key: SecretStr | None = None
    agent_name: str = "kavita"
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_model: str = "gpt-4o-mini"
    openai_temperature: Annotated[float, Field(ge=0, le=2)] = 0.5
    openai_max_tokens: Annotated[int, Field(ge=16, le=4096)] = 100
    openai_patience_seconds: Annotated[float, Field(gt=0, le=60)] = 1.5
    max_tool_rounds: Annotated[int, Field(ge=1, le=20)] = 5
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    no_color: str | None = None


def load_settings(env_file: Path | None = None) -> Settings:
    """The settings of this process; a mistake is a `SettingsError`."""
    try:
        return Settings(_env_file=env_file or Path(".env"))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(step) for step in first["loc"]).upper()
        what = "this setting is not known" if first["type"] == "extra_forbidden" else first["msg"]
        raise SettingsError(f"{env_file or '.env'} or the environment: {name}: {what}.") from error
