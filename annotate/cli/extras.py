"""Missing packages of a command, and the extra of this package that installs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MODULES: Mapping[str, tuple[str, ...]] = {
    "lake": (
        *("PIL", "audioop", "av", "dataframely", "deltalake", "jinja2", "jiter", "numpy"),
        *("pyarrow", "pydantic", "pydantic_settings", "pydub", "rapidfuzz"),
    ),
    "whisper": ("jiwer", "onnxruntime", "safetensors", "silero_vad", "torch", "whisper"),
    "ctranslate2": ("ctranslate2", "faster_whisper", "tokenizers"),
    "studio": ("httpx", "label_studio_sdk", "starlette", "tenacity", "uvicorn"),
    "flows": ("fastapi", "prefect"),
}
"""The modules that each extra installs beyond those of the extras that it includes."""

COMMANDS: Mapping[str, str] = {
    "demo": "whisper",
    "review collect": "studio",
    "review push": "studio",
    "run": "whisper",
    "serve": "studio",
    "studio": "studio",
    "transcribe": "whisper",
    "try": "studio,whisper",
}
"""The extras that a command requires in full, so that one error names all of them."""


def advice(missing: str | None, words: Sequence[str]) -> str | None:
    """One line with the command that installs the module; None if no extra contains it.

    Args:
        missing: The module that wasn't found, with or without submodules.
        words: The command line.
    """
    top = (missing or "").partition(".")[0]
    extra = next((name for name, modules in MODULES.items() if top in modules), None)
    if extra is None:
        return None
    plain = [word for word in words if not word.startswith("-")]
    wanted = COMMANDS.get(" ".join(plain[:2])) or COMMANDS.get(" ".join(plain[:1])) or "lake"
    if extra != "lake" and extra not in wanted.split(","):
        wanted = extra
    install = f"pip install 'annotate-aloud[{wanted}]'"
    return f"this command needs {top}, which isn't installed: {install}"
