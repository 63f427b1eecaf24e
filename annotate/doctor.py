"""Checks of the set-up: each has a finding and, if it fails, a remedy."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Literal

from annotate.model.errors import AnnotateError
from annotate.settings import Settings

Health = Literal["ok", "missing", "failed"]
"""`missing` is something optional that isn't there; `failed` needs mending."""

LOW_DISK_GB = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    health: Health
    found: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Run every check in turn; one that breaks is a finding, not an end."""
    checks: dict[str, Callable[[Settings], Finding]] = {
        "python": _python,
        "ffmpeg": _ffmpeg,
        "recognizer": _recognizer,
        "speech activity": _speech_activity,
        "gpu": _gpu,
        "lake": _lake,
        "disk": _disk,
        "prefect": _prefect,
        "label studio": _label_studio,
        "studio server": _studio_server,
    }
    for name, check in checks.items():
        try:
            yield check(settings)
        except AnnotateError as error:
            yield Finding(check=name, health="failed", found=str(error))
        except Exception as error:  # a broken installation can raise anything at all
            yield Finding(check=name, health="failed", found=f"{type(error).__name__}: {error}")


def _python(settings: Settings) -> Finding:
    return Finding(check="python", health="ok", found=platform.python_version())


def _ffmpeg(settings: Settings) -> Finding:
    import av

    needed = {"opus", "aac", "vorbis", "flac", "mp3"}
    lacking = sorted(needed - set(av.codecs_available))
    version = ".".join(map(str, av.library_versions["libavcodec"]))
    found = f"PyAV {av.__version__} with its own libavcodec {version}"
    if lacking:
        advice = f"cannot decode {', '.join(lacking)}: pip install --only-binary :all: av"
        return Finding(check="ffmpeg", health="failed", found=found, advice=advice)
    return Finding(check="ffmpeg", health="ok", found=found)


def _recognizer(settings: Settings) -> Finding:
    if importlib.util.find_spec("whisper") is None:
        advice = "pip install 'annotate-aloud[whisper]' to transcribe"
        return Finding(
            check="recognizer", health="missing", found="no openai-whisper", advice=advice
        )
    from annotate import demo_model
    from annotate.recognizers import engines
    from annotate.recognizers.checkpoints import find

    engines.check(settings.transcribe)
    checkpoint = find(settings.transcribe.model)
    path = checkpoint.path
    files = [one for one in path.iterdir() if one.is_file()] if path.is_dir() else [path]
    size = sum(one.stat().st_size for one in files) / 1e6
    found = f"{checkpoint.name}, {size:.0f} MB, sha256 {checkpoint.sha256[:12]}…"
    of_the_demo = checkpoint.sha256 == demo_model.MODEL.sha256
    advice = "understands synthetic voices only: --model turbo for people" if of_the_demo else ""
    return Finding(check="recognizer", health="ok", found=found, advice=advice)


def _speech_activity(settings: Settings) -> Finding:
    if importlib.util.find_spec("silero_vad") is None:
        advice = "pip install 'annotate-aloud[whisper]'"
        return Finding(
            check="speech activity", health="missing", found="no silero-vad", advice=advice
        )
    import numpy as np

    from annotate.recognizers.vad import speech_spans

    spans = speech_spans(np.zeros(16_000, np.float32), settings.transcribe.activity)
    healthy = not spans
    found = "silero-vad detects no speech in silence" if healthy else "detects speech in silence"
    return Finding(check="speech activity", health="ok" if healthy else "failed", found=found)


def _gpu(settings: Settings) -> Finding:
    if importlib.util.find_spec("torch") is None:
        return Finding(check="gpu", health="missing", found="torch isn't installed")
    import torch

    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        found = f"{card.name}, {card.total_memory / 2**30:.0f} GiB"
        return Finding(check="gpu", health="ok", found=found)
    advice = "transcription runs on the CPU, many times slower"
    return Finding(check="gpu", health="missing", found="none", advice=advice)


def _lake(settings: Settings) -> Finding:
    from annotate.model.ids import sha256_hex
    from annotate.store.lake import Lake

    lake = Lake(settings.lake, settings.storage_options)
    if lake.location.folder and not os.path.isdir(lake.location.folder):
        return _no_lake_yet(Path(lake.location.folder))
    probe = b"annotate doctor was here"
    key = f"staging/doctor-{sha256_hex(probe)[:8]}-{os.getpid()}"
    lake.blobs.write(key, probe)
    came_back = lake.blobs.get(key) == probe
    lake.blobs.remove(key)
    health: Health = "ok" if came_back else "failed"
    return Finding(
        check="lake", health=health, found=f"{lake.location.shown} can be written and read"
    )


def _no_lake_yet(folder: Path) -> Finding:
    """A lake that is made by the first run; to look makes none."""
    parent = next(one for one in folder.parents if one.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        advice = f"{parent} can't be written: choose another place with --lake"
        return Finding(check="lake", health="failed", found=f"none at {folder}", advice=advice)
    found = f"none at {folder} yet: the first run makes it"
    return Finding(check="lake", health="ok", found=found)


def _disk(settings: Settings) -> Finding:
    from annotate.store.location import LakeLocation

    folder = LakeLocation(settings.lake, settings.storage_options).folder
    if folder is None:
        return Finding(check="disk", health="ok", found="the lake is on object storage")
    place = Path(folder)
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    found = f"{free_gb:.0f} GB free, about {free_gb / 0.6 * 1000:,.0f} recordings of 90 s"
    if free_gb < LOW_DISK_GB:
        advice = "make room, or move the lake with --lake"
        return Finding(check="disk", health="failed", found=found, advice=advice)
    return Finding(check="disk", health="ok", found=found)


def _prefect(settings: Settings) -> Finding:
    if importlib.util.find_spec("prefect") is None:
        advice = "pip install 'annotate-aloud[flows]' for schedules and many machines"
        return Finding(check="prefect", health="missing", found="not installed", advice=advice)
    from importlib.metadata import version

    server = os.environ.get("PREFECT_API_URL", "a temporary server of its own")
    return Finding(check="prefect", health="ok", found=f"{version('prefect')}, using {server}")


def _label_studio(settings: Settings) -> Finding:
    where = settings.label_studio
    if where.url is None or where.token is None:
        return _own_label_studio()
    from annotate.label_studio.client import account

    who = account(where.url, where.token_for() or "")
    return Finding(check="label studio", health="ok", found=f"{where.url} as {who}")


def _own_label_studio() -> Finding:
    """The one that `annotate studio up` started, in this folder or another."""
    from annotate.label_studio import secret_files
    from annotate.label_studio.client import account
    from annotate.studio_server import known_servers, launch

    data = (
        secret_files.DATA
        if (secret_files.DATA / secret_files.ADMIN_FILE).is_file()
        else known_servers.elsewhere(secret_files.DATA)
    )
    if data is None:
        advice = (
            "annotate studio up starts one; or set ANNOTATE_LABEL_STUDIO__URL and "
            "ANNOTATE_LABEL_STUDIO__TOKEN"
        )
        return Finding(check="label studio", health="missing", found="none", advice=advice)
    place = data.absolute()
    if (server := launch.find(data)) is None:
        advice = f"annotate studio up --data {quote(str(place))}"
        return Finding(
            check="label studio", health="missing", found=f"{place} isn't running", advice=advice
        )
    who = account(server.local_url, secret_files.read_secret(data / secret_files.TOKEN_FILE))
    found = f"{server.url} as {who}, with its data in {place}"
    advice = (
        "" if data == secret_files.DATA else f"use it from here with --data {quote(str(place))}"
    )
    return Finding(check="label studio", health="ok", found=found, advice=advice)


def _studio_server(settings: Settings) -> Finding:
    """Whether the environment of `annotate studio up` holds Label Studio and its server."""
    from annotate.studio_server.install import ENVIRONMENT, PACKAGES, lacking

    if not ENVIRONMENT.is_dir():
        advice = "make studio, or annotate studio up, to record inside a Label Studio of one's own"
        found = f"no {ENVIRONMENT}"
        return Finding(check="studio server", health="missing", found=found, advice=advice)
    if missing := lacking(ENVIRONMENT):
        found = f"{ENVIRONMENT} lacks {', '.join(missing)}"
        return Finding(check="studio server", health="failed", found=found, advice="make studio")
    found = ", ".join(f"{name} {version}" for name, version in PACKAGES.items())
    return Finding(check="studio server", health="ok", found=f"{found} in {ENVIRONMENT}")
