"""Label Studio's URLs, and ours under /annotate/."""

from __future__ import annotations

from core.urls import urlpatterns as label_studio_urls
from django.urls import re_path

from annotate.recorder import views
from annotate.recorder.answers import endpoint

# On a 404 Label Studio asks again with a slash at the end: both must give our JSON.
urlpatterns = [
    re_path(r"^annotate/session/?$", endpoint(views.session, "GET")),
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
        r"^annotate/static/(?P<name>[a-z_]+\.(?:js|css))/?$",
        endpoint(views.static, "GET"),
        name="annotate-static",
    ),
    *label_studio_urls,
]
