"""Label Studio's lists of projects, filtered to those visible to a labeller."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from projects.api import ProjectCountsListAPI, ProjectListAPI

from annotate.recorder.roles import LABELLERS, role_of
from annotate.recorder.visible import visible_projects


def _narrowed(user: Any, projects: QuerySet[Any]) -> QuerySet[Any]:
    role = role_of(user)
    if role not in LABELLERS:
        return projects
    return projects.filter(pk__in=visible_projects(user, role))


class SeenProjects(ProjectListAPI):  # type: ignore[misc]
    """The list of projects."""

    def get_queryset(self) -> QuerySet[Any]:
        """The projects of the organisation, or those that a labeller sees."""
        return _narrowed(self.request.user, super().get_queryset())


class SeenCounts(ProjectCountsListAPI):  # type: ignore[misc]
    """The list of projects with counts only."""

    def get_queryset(self) -> QuerySet[Any]:
        """The projects of the organisation, or those that a labeller sees."""
        return _narrowed(self.request.user, super().get_queryset())
