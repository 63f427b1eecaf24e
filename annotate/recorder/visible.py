"""The projects visible to annotators and reviewers: those with our labelling configurations."""

from __future__ import annotations

from typing import Any

from annotate.recorder.project_kinds import RECORDING, REVIEW, kind_of
from annotate.recorder.roles import Role

SEEN = {Role.ANNOTATOR: (RECORDING,), Role.REVIEWER: (RECORDING, REVIEW)}


def visible_projects(user: Any, role: Role) -> set[int]:
    """The ids of the active organisation's projects that are visible to a labeller."""
    return _projects(user.active_organization_id, SEEN.get(role, ()))


def projects_of_kind(organization: int | None, kind: str) -> set[int]:
    """The ids of an organisation's projects of that kind."""
    return _projects(organization, (kind,))


def sees(user: Any, role: Role, project: Any) -> bool:
    """Whether this project is visible to a labeller."""
    ours = project.organization_id == user.active_organization_id
    return ours and kind_of(project.label_config) in SEEN.get(role, ())


def _projects(organization: int | None, kinds: tuple[str, ...]) -> set[int]:
    from projects.models import Project

    projects = Project.objects.filter(organization_id=organization)
    configs = projects.filter(label_config__contains="annotate-re").values_list(
        "id", "label_config"
    )
    return {project for project, config in configs if kind_of(config) in kinds}
