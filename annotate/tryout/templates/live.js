// The page of `annotate try`, put after the viewer's script: shows the next caption by itself.

const LOOK_MS = 1500;
const live = at("live");

function tell(kind, text) {
  at("live-state").dataset.state = kind;
  if (at("live-text").textContent !== text) at("live-text").textContent = text;
}

function showNew(image) {
  if (image) history.replaceState(null, "", `#${image}`);
  location.reload();
}

async function lookOn() {
  try {
    const answer = await fetch("/state", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const now = await answer.json();
    tell(now.state, now.text);
    if (now.page !== live.dataset.page) {
      // Nobody is interrupted who is listening.
      if (!document.querySelector(".playing")) return showNew(now.newest);
      at("live-new").hidden = false;
      at("live-new").onclick = () => showNew(now.newest);
    }
  } catch {
    tell("gone", "annotate try has ended; the same command goes on from here");
  }
  setTimeout(lookOn, LOOK_MS);
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
setTimeout(lookOn, LOOK_MS);
