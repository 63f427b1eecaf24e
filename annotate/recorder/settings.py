"""Label Studio's settings with the recorder: `DJANGO_SETTINGS_MODULE=annotate.recorder.settings`.

Label Studio's settings import Django's settings while they load, so importing them here would use
this module before it is complete. Their file is executed in this module's namespace instead.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_NAME = "label_studio.core.settings.label_studio"


def _run_label_studios(namespace: dict[str, Any]) -> None:
    spec = importlib.util.find_spec(_NAME)
    if spec is None or spec.origin is None:
        raise ImportError("Label Studio isn't installed here: pip install label-studio==1.23.2")
    source = Path(spec.origin).read_text(encoding="utf-8")
    exec(compile(source, spec.origin, "exec"), namespace)  # noqa: S102 - its own settings file


def _own_origins(hostname: str, trusted: list[str]) -> list[str]:
    """The trusted origins plus that of the public URL, which Django can't infer behind a proxy."""
    url = urlsplit(hostname)
    own = [f"{url.scheme}://{url.netloc}"] if url.netloc else []
    return [*trusted, *(origin for origin in own if origin not in trusted)]


_settings = globals()
# By default Label Studio's API accepts requests from every origin.
if not os.environ.get("CORS_ALLOWED_ORIGINS"):
    os.environ.setdefault("CORS_ALLOW_ALL_ORIGINS", "false")
_run_label_studios(_settings)

ROOT_URLCONF = "annotate.recorder.urls"
_settings["TEMPLATES"][0]["DIRS"].insert(0, str(Path(__file__).parent / "templates"))
_settings["INSTALLED_APPS"].append("annotate.recorder.apps.RecorderConfig")
_middleware = _settings["MIDDLEWARE"]
_middleware.insert(0, "annotate.recorder.middleware.GuardMiddleware")
# After authentication, and before Label Studio reads a body.
_middleware.insert(
    _middleware.index("django.contrib.auth.middleware.AuthenticationMiddleware") + 1,
    "annotate.recorder.access_middleware.BodyMiddleware",
)
# Last, so that changes of a request by other middleware are checked as well.
_middleware.append("annotate.recorder.access_middleware.GateMiddleware")

CSRF_FAILURE_VIEW = "annotate.recorder.responses.csrf_failure"
CSRF_TRUSTED_ORIGINS = _own_origins(
    _settings["HOSTNAME"], list(_settings.get("CSRF_TRUSTED_ORIGINS") or [])
)
# The page plays a recording from memory before it is uploaded.
CSP_MEDIA_SRC = ("'self'", "blob:")

# Counters of the upload rate limit; on a local disk, shared by the server's processes.
ANNOTATE_RATES = os.path.join(_settings["BASE_DATA_DIR"], "annotate-rates")
# Requests for second looks, likewise.
ANNOTATE_LOOKS = os.path.join(_settings["BASE_DATA_DIR"], "annotate-looks")
ANNOTATE_RECORDINGS = os.environ.get("ANNOTATE_RECORDINGS") or os.path.join(
    _settings["BASE_DATA_DIR"], "annotate-recordings"
)
