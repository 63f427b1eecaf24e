"""The models offered by `annotate try`: names, sizes, and the question to ask."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.demo_model import NAME as DEMO
from annotate.model.errors import AnnotateError


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One of openai-whisper's models.

    Attributes:
        megabytes: Of its download.
        fits: For whom it is.
    """

    name: str
    megabytes: int
    fits: str

    @property
    def size(self) -> str:
        """Of its download, for people."""
        large = self.megabytes >= 1000
        return f"{self.megabytes / 1000:.1f} GB" if large else f"{self.megabytes} MB"


MODELS = (
    Model(name="tiny", megabytes=76, fits="quick on any machine, many mistakes"),
    Model(name="base", megabytes=145, fits="quick on any machine"),
    Model(name="small", megabytes=484, fits="good; takes its time without a GPU"),
    Model(name="turbo", megabytes=1618, fits="very good; wants a GPU"),
)
"""Those worth a first try; `--model` takes every name that openai-whisper knows."""

SUGGESTED = "base"

ONLY_SYNTHETIC = "The model that comes with annotate knows synthetic voices only, and not yours."


def wanted(given: str | None, last: str | None, *, asking: bool) -> str | None:
    """The model to take; None if somebody is to be asked.

    Args:
        given: With `--model`.
        last: The one of the last time.
        asking: Whether there is a terminal to ask at.

    Raises:
        AnnotateError: If there is nobody to ask.
    """
    if found := given or last:
        return found
    if asking:
        return None
    suggested = next(model for model in MODELS if model.name == SUGGESTED)
    raise AnnotateError(
        f"{ONLY_SYNTHETIC} Say which one to take: --model {SUGGESTED} is downloaded once "
        f"({suggested.size}), --model {DEMO} is for synthetic voices"
    )
