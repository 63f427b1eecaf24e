// The page of `annotate try`: polls for the next caption. Loaded after the viewer's scripts, whose
// globals (`at`, `state`, `make`) it uses.

const POLL_MS = 1500;
const live = at("live");

function showStatus(kind, text) {
  at("live-state").dataset.state = kind;
  if (at("live-text").textContent !== text) at("live-text").textContent = text;
}

/* Reload the page, which then shows the image with this id. */
function reload(image) {
  if (image) history.replaceState(null, "", `#${image}`);
  location.reload();
}

async function poll() {
  try {
    const response = await fetch("/state", { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const status = await response.json();
    showStatus(status.state, status.text);
    if (status.page !== live.dataset.page) {
      // Playback isn't interrupted: a button reloads the page.
      if (!document.querySelector(".playing")) return reload(status.newest);
      at("live-new").hidden = false;
      at("live-new").onclick = () => reload(status.newest);
    }
  } catch {
    showStatus("gone", "annotate try has ended; the same command goes on from here");
  }
  setTimeout(poll, POLL_MS);
}

function showNotes() {
  const image = state.image;
  at("checks").hidden = !image.notes.length;
  at("notes").replaceChildren(...image.notes.map((note) => make("li", "", note)));
  at("legend-doubtful").hidden = !image.caption.some((token) => token.doubtful !== undefined);
  at("caption").classList.toggle("empty", !image.caption.length);
  if (!image.caption.length) at("caption").textContent = "There is no caption: no recording of this image could be used.";
  at("play").hidden = !image.caption.length;
}

document.addEventListener("imageshown", showNotes);
if (state.image) showNotes();
setTimeout(poll, POLL_MS);
