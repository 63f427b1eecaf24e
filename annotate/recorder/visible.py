"""Which projects an annotator or a reviewer sees: those whose configuration is of our making."""

from __future__ import annotations

import re
from typing import Any

from annotate.recorder.roles import Role

RECORDING, REVIEW = "annotate-recording", "annotate-review"
SEEN = {Role.ANNOTATOR: (RECORDING,), Role.REVIEWER: (RECORDING, REVIEW)}

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"\s*<View\b[^<>]*?\sclassName=(?:\"([^\"<>]*)\"|'([^'<>]*)')")


def kind_of(label_config: str) -> str | None:
    """`annotate-recording` or `annotate-review`: the class of a configuration's first element."""
    found = _ROOT.match(_COMMENT.sub("", label_config or ""))
    classes = (found[1] or found[2] or "").split() if found else []
    return next((one for one in (RECORDING, REVIEW) if one in classes), None)


def visible_projects(user: Any, role: Role) -> set[int]:
    """The ids of the projects that a labeller sees in the active organisation."""
    from projects.models import Project

    seen = SEEN.get(role, ())
    projects = Project.objects.filter(organization_id=user.active_organization_id)
    configs = projects.filter(label_config__contains="annotate-re").values_list(
        "id", "label_config"
    )
    return {project for project, config in configs if kind_of(config) in seen}


def sees(user: Any, role: Role, project: Any) -> bool:
    """Whether a labeller sees this project."""
    ours = project.organization_id == user.active_organization_id
    return ours and kind_of(project.label_config) in SEEN.get(role, ())
