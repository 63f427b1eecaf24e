"""Every setting in one place: built-in defaults, `annotate.toml`, then the environment.

The environment wins: `ANNOTATE_LAKE=s3://bucket/lake`, `ANNOTATE_TRANSCRIBE__MODEL=turbo`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

import annotate.demo_model  # noqa: F401 - every command knows `--model demo`
from annotate.align.options import AlignOptions
from annotate.caption.options import CaptionOptions
from annotate.check.thresholds import Thresholds
from annotate.label_studio import trusted_servers
from annotate.media.audio import AudioBounds
from annotate.model.errors import AnnotateError
from annotate.model.suggestions import did_you_mean
from annotate.overrides import Overrides
from annotate.recognizers.options import TranscribeOptions
from annotate.release.options import ReleaseOptions
from annotate.review.options import ReviewOptions


class LabelStudioSettings(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True):
    """Where Label Studio is, and the token of an account that may see every project."""

    url: str | None = None
    token: SecretStr | None = None
    _named_in: str | None = PrivateAttr(None)
    """The file in the working folder that alone names the address."""
    _token_beside: bool = PrivateAttr(True)
    """Whether the token comes from where the address does."""

    def token_for(self, url: str | None = None) -> str | None:
        """The token, if there is one for this server.

        Args:
            url: The address that the user has named; None for the one in the settings.

        Raises:
            AnnotateError: If it came from elsewhere than the address and the user hasn't named
                that server.
        """
        if self.token is None:
            return None
        if url is None and not self._token_beside:
            self.check()
        others = (
            url and self.url and trusted_servers.origin(url) != trusted_servers.origin(self.url)
        )
        if others and self._token_beside:
            return None
        return self.token.get_secret_value()

    def check(self) -> None:
        """Let a token that isn't from the settings go to the address in them.

        Raises:
            AnnotateError: If that address stands in the working folder alone and the user hasn't
                named it.
        """
        if self.url and self._named_in:
            trusted_servers.check(self.url, self._named_in)

    def came_from(self, environment: Mapping[str, Any], file: Path) -> None:
        """Note which of the two the environment holds; the rest stands in the file."""
        if self.url and "url" not in environment and not file.is_absolute():
            self._named_in = str(file)
            self._token_beside = "token" not in environment


class Settings(BaseSettings):
    """The settings of one lake and everything that works on it."""

    model_config = SettingsConfigDict(
        env_prefix="ANNOTATE_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    lake: str = Field("data/lake", description="A folder or an object-storage URL.")
    storage_options: dict[str, str] = Field(default_factory=dict, repr=False)
    pseudonym_key: SecretStr | None = None
    umask: str = Field(
        "077", pattern=r"^0?[0-7]{3}$", description="Who may not use the lake's files, in octal."
    )
    ingest: AudioBounds = AudioBounds()
    transcribe: TranscribeOptions = TranscribeOptions()
    align: AlignOptions = AlignOptions()
    check: Thresholds = Thresholds()
    caption: CaptionOptions = CaptionOptions()
    review: ReviewOptions = ReviewOptions()
    release: ReleaseOptions = ReleaseOptions()
    label_studio: LabelStudioSettings = LabelStudioSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was passed, then the environment, then the file named by `ANNOTATE_SETTINGS`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file())


def load(overrides: Overrides | None = None, **given: Any) -> Settings:
    """The settings in force.

    Args:
        overrides: What wins over the environment and the file.
        given: Values of further fields of `Overrides`.

    Raises:
        AnnotateError: If one of them is wrong or unknown.
    """
    if (named := os.environ.get("ANNOTATE_SETTINGS")) and not Path(named).is_file():
        raise AnnotateError(f"ANNOTATE_SETTINGS names {named}, which isn't there")
    winning = (overrides or Overrides()).with_values(given)
    _reject_misspelt(os.environ)
    try:
        settings = Settings(**winning.as_settings())
    except ValidationError as error:
        raise _explained(error) from error
    except tomllib.TOMLDecodeError as error:
        raise AnnotateError(f"annotate.toml: {error}") from error
    environment = EnvSettingsSource(Settings)().get("label_studio") or {}
    settings.label_studio.came_from(environment, file())
    return settings


def _explained(error: ValidationError) -> AnnotateError:
    """The first fault of the settings, without their values: one of them is a token."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        *above, name = where.split(".")
        beside = [one.split(".")[-1] for one in KNOWN if one.split(".")[:-1] == above]
        near = did_you_mean(name, beside) or _elsewhere(name)
        variable = "ANNOTATE_" + where.upper().replace(".", "__")
        source = variable if variable in os.environ else file()
        return AnnotateError(
            f"no such setting `{where}`{near or ':'} {source} has it, and deploy/annotate.toml "
            "shows all there are"
        )
    return AnnotateError(f"setting {where}: {first['msg'].removeprefix('Value error, ')}")


def _elsewhere(name: str) -> str:
    """A setting of that very name in some section, as `did_you_mean` says it."""
    found = [known for known in KNOWN if known.split(".")[-1] == name]
    return f": did you mean `{found[0]}`?" if found else ""


def _reject_misspelt(environment: Mapping[str, str]) -> None:
    """Refuse variables that seem to be meant for settings and are none; others aren't ours.

    Raises:
        AnnotateError: If there is one.
    """
    variables = {known.upper().replace(".", "__"): known for known in KNOWN}
    for name in sorted(environment):
        ours = name.removeprefix("ANNOTATE_")
        first = ours.partition("__")[0].lower()
        if ours == name or name in OTHERS or first in Settings.model_fields:
            continue
        if near := did_you_mean(ours, variables):
            near = near.replace("`", "`ANNOTATE_", 1)
            raise AnnotateError(f"the environment has {name}, which is no setting{near}")


def _names(model: type[BaseModel]) -> Iterator[str]:
    """Every setting below a model, sections included, with dots between the parts."""
    for name, field in model.model_fields.items():
        yield name
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"{name}.{below}" for below in _names(kind))


KNOWN = tuple(_names(Settings))
"""Every setting and every section."""

OTHERS = frozenset(
    f"ANNOTATE_{name}"
    for name in (
        *("SETTINGS", "KILLS", "STUDIO_ENVIRONMENT"),
        # Of the recorder, which runs inside Label Studio.
        *("RECORDINGS", "MAX_BYTES", "UPLOADS_PER_MINUTE", "RATES"),
        *("HEADER_SECONDS", "REQUEST_SECONDS"),
    )
)
"""Variables that are no settings, and are read elsewhere."""


def file() -> Path:
    """The settings file. One with an absolute path is the user's word, as the environment is."""
    return Path(os.environ.get("ANNOTATE_SETTINGS", "annotate.toml"))
