"""The settings of the review stage."""

from __future__ import annotations

from pydantic import BaseModel, Field

from annotate.model.decision_rule import Reviewers
from annotate.store.unseen import Unseen


class ReviewOptions(BaseModel, frozen=True, extra="forbid"):
    """The settings of the stage `review`, which a release uses, too."""

    accept_unseen: Unseen = Field(
        "folders", description="Of which images captions are accepted without a person."
    )
    reviewers_per_caption: Reviewers = Field(
        1, description="How many people must decide; when two differ, a third one does."
    )
