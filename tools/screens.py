"""Convert the screenshots of `make pictures` to those of `docs/screens/`.

    python tools/screens.py tests/artifacts/pictures

Each is scaled to a width of 1,000 pixels (a phone's to 390) and stored with 128 colours, so that a
clone stays small.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

TARGET = Path(__file__).parents[1] / "docs" / "screens"
SCREENSHOTS = {
    "sign-up": "1366-en-light-01-sign-up.png",
    "recording": "1366-en-light-05-recording.png",
    "recording-arabic-dark": "1366-ar-dark-05-recording.png",
    "recording-phone": "390-en-light-05-recording.png",
    "second-look": "second-look-doubtful-light-1366.png",
    "review": "review/1366-light-en-doubt.png",
    "review-arabic-dark": "review/1366-dark-ar-doubt.png",
    "release": "release/1366-light.png",
    "try": "try-1366-light.png",
}
"""Names of the published screenshots, and their source files."""

WIDTH, COLOURS = 1000, 128


def main(source: Path) -> int:
    """Convert all of them; prints the missing ones."""
    missing = [name for name in SCREENSHOTS.values() if not (source / name).is_file()]
    if missing:
        print(f"not in {source}: {', '.join(missing)}. Run `make pictures`.", file=sys.stderr)
        return 1
    TARGET.mkdir(exist_ok=True)
    for name, file in SCREENSHOTS.items():
        shrink(source / file).save(TARGET / f"{name}.png", optimize=True)
    return 0


def shrink(file: Path) -> Image.Image:
    """A screenshot, scaled down and with fewer colours."""
    with Image.open(file) as picture:
        whole = picture.convert("RGB")
    phone = whole.height > whole.width
    width = min(whole.width, 390 if phone else WIDTH)
    size = (width, round(whole.height * width / whole.width))
    small = whole.resize(size, Image.Resampling.LANCZOS)
    return small.quantize(COLOURS, dither=Image.Dither.FLOYDSTEINBERG)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
