"""A user's progress in the recording projects, and the next project with images for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from annotate.recorder.project_kinds import RECORDING
from annotate.recorder.visible import projects_of_kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The images of all recording projects of the active organisation.

    Attributes:
        done: The number that this user has described.
        left: The number still available to them; other annotators may describe these first.
        project: The first project with such an image; None if nothing is left.
    """

    done: int
    left: int
    project: int | None


def progress_of(user: Any) -> Progress:
    """The user's annotated tasks, and those that Label Studio's stream can still assign to them."""
    from tasks.models import Annotation, Task

    projects = projects_of_kind(user.active_organization_id, RECORDING)
    own = Annotation.objects.filter(completed_by=user, project_id__in=projects, task__isnull=False)
    done = own.filter(was_cancelled=False).values("task").distinct().count()
    # As in the stream: skipped tasks and tasks with enough descriptions aren't assigned again.
    left = Task.objects.filter(project_id__in=projects, is_labeled=False).exclude(
        pk__in=own.values("task")
    )
    first = left.order_by("project_id").values_list("project_id", flat=True).first()
    return Progress(done=done, left=left.count(), project=first)


def stream_of(project: int) -> str:
    """The address at which a project's next image is shown."""
    return f"/projects/{project}/data?labeling=1"


def interface_of(user: Any) -> str | None:
    """The language that the first recording project sets; None if there is no such project.

    Without a login there is no organisation; then the server's first one is used, to which the
    invite link belongs.
    """
    from organizations.models import Organization
    from projects.models import Project

    from annotate.recorder.protocol import parse_protocol

    organization = getattr(user, "active_organization_id", None)
    if organization is None:
        organization = Organization.objects.values_list("pk", flat=True).first()
    projects = projects_of_kind(organization, RECORDING)
    config = Project.objects.filter(pk__in=projects).order_by("pk").values_list("label_config")
    first = config.first()
    return None if first is None else str(parse_protocol(first[0])["interface"])
