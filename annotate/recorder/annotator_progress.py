"""How far somebody is with recording, and where it goes on: of their own work only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from annotate.recorder.project_kinds import RECORDING
from annotate.recorder.visible import projects_of_kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The images of all recording projects of the active organisation.

    Attributes:
        done: Those that this user has described.
        left: Those that they may still be given; others can be quicker.
        project: The first project with such an image; None if nothing is left.
    """

    done: int
    left: int
    project: int | None


def work_of(user: Any) -> Work:
    """What Label Studio's stream has given this user, and what it can give them yet."""
    from tasks.models import Annotation, Task

    projects = projects_of_kind(user.active_organization_id, RECORDING)
    own = Annotation.objects.filter(completed_by=user, project_id__in=projects, task__isnull=False)
    done = own.filter(was_cancelled=False).values("task").distinct().count()
    # As in the stream: what they skipped, and what has enough descriptions, isn't given again.
    left = Task.objects.filter(project_id__in=projects, is_labeled=False).exclude(
        pk__in=own.values("task")
    )
    first = left.order_by("project_id").values_list("project_id", flat=True).first()
    return Work(done=done, left=left.count(), project=first)


def stream_of(project: int) -> str:
    """The address at which a project's next image is shown."""
    return f"/projects/{project}/data?labeling=1"


def interface_of(user: Any) -> str | None:
    """The language that the first recording project sets; None if there is no such project.

    Somebody who isn't logged in, and so has no organisation, gets that of the server's first one:
    the invite link leads there.
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
