"""URL configuration: Label Studio's URLs, and ours under /annotate/."""

from __future__ import annotations

from core.urls import urlpatterns as label_studio_urls
from django.urls import path, re_path

from annotate.recorder import (
    home,
    pipeline_views,
    review_media,
    reviewer_views,
    second_look_views,
    views,
)
from annotate.recorder.project_lists import SeenCounts, SeenProjects
from annotate.recorder.responses import endpoint

# On a 404 Label Studio resolves the path again with a final slash: both must return our JSON.
urlpatterns = [
    re_path(r"^annotate/session/?$", endpoint(views.session, "GET")),
    re_path(r"^annotate/done/?$", endpoint(home.done, "GET")),
    re_path(r"^annotate/progress/?$", endpoint(home.progress, "GET")),
    re_path(r"^annotate/language/?$", endpoint(home.language, "POST")),
    re_path(
        r"^annotate/tasks/(?P<task_id>[0-9]{1,18})/protocol/?$", endpoint(views.protocol, "GET")
    ),
    re_path(r"^annotate/recordings/?$", endpoint(views.upload, "POST")),
    re_path(
        r"^annotate/recordings/(?P<recording_id>[0-9a-f]{32})/?$",
        endpoint(views.audio, "GET", "HEAD"),
    ),
    re_path(
        r"^annotate/recordings/(?P<recording_id>[0-9a-f]{32})/trace/?$",
        endpoint(views.trace, "GET"),
    ),
    re_path(
        r"^annotate/recordings/(?P<recording_id>[0-9a-f]{32})/record/?$",
        endpoint(pipeline_views.record, "GET"),
    ),
    re_path(
        r"^annotate/recordings/(?P<recording_id>[0-9a-f]{32})/consent/?$",
        endpoint(views.consent, "POST"),
    ),
    re_path(
        r"^annotate/recordings/(?P<recording_id>[0-9a-f]{32})/words/?$",
        endpoint(second_look_views.words, "GET", "PUT", by_token=True),
    ),
    re_path(r"^annotate/looks/?$", endpoint(second_look_views.wanted, "GET")),
    re_path(
        r"^annotate/reviewers/?$", endpoint(reviewer_views.reviewers, "GET", "POST", by_token=True)
    ),
    re_path(
        r"^annotate/media/(?P<name>[^/]{1,100})/?$",
        endpoint(review_media.media, "GET", "HEAD", "PUT", "DELETE", by_token=True),
    ),
    re_path(
        r"^annotate/static/(?P<name>[a-z_]+\.(?:js|css))/?$",
        endpoint(views.static, "GET"),
        name="annotate-static",
    ),
    # The same paths as Label Studio's views, and before them.
    path("api/projects/", SeenProjects.as_view()),
    path("api/projects/counts/", SeenCounts.as_view()),
    *label_studio_urls,
]
