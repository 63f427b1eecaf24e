"""The models offered by `annotate try`, and the choice of one."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.demo_model import NAME as DEMO
from annotate.model.errors import AnnotateError


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One of openai-whisper's models.

    Attributes:
        megabytes: Size of its download.
        fits: What it is suited for, as a text for users.
    """

    name: str
    megabytes: int
    fits: str

    @property
    def size(self) -> str:
        """The download size as a text for users."""
        large = self.megabytes >= 1000
        return f"{self.megabytes / 1000:.1f} GB" if large else f"{self.megabytes} MB"


MODELS = (
    Model(name="tiny", megabytes=76, fits="quick on any machine, many mistakes"),
    Model(name="base", megabytes=145, fits="quick on any machine"),
    Model(name="small", megabytes=484, fits="good; takes its time without a GPU"),
    Model(name="turbo", megabytes=1618, fits="very good; wants a GPU"),
)
"""The suggested models; `--model` accepts every model name of openai-whisper."""

SUGGESTED = "base"

ONLY_SYNTHETIC = "The model that comes with annotate knows synthetic voices only, and not yours."


def wanted(given: str | None, last: str | None, *, interactive: bool) -> str | None:
    """The model to use; None if the user is to be prompted for it.

    Args:
        given: The value of `--model`.
        last: The model of the last tryout.
        interactive: Whether there is a terminal for a prompt.

    Raises:
        AnnotateError: If a prompt is needed and there is no terminal.
    """
    if found := given or last:
        return found
    if interactive:
        return None
    suggested = next(model for model in MODELS if model.name == SUGGESTED)
    raise AnnotateError(
        f"{ONLY_SYNTHETIC} Say which one to take: --model {SUGGESTED} is downloaded once "
        f"({suggested.size}), --model {DEMO} is for synthetic voices"
    )
