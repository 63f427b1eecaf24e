// Sound, and the place in the image. `viewer.js`, which is put after it, uses what is here.

const BEFORE_MS = 70, AFTER_MS = 110; // a word's neighbours are let in this much
const HOVER_MS = 110; // passing over a word isn't asking for it
const JOIN_MS = 900; // words further apart than this on the recording are played as two stretches
const TRAIL_MS = 1400;
const VOICES = 6;

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("data").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const state = { image: null, run: null, wanted: 0, sound: true, search: [] };

const make = (name, className, text) => {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const voiceClass = (index) => `voice-${index % VOICES}`;
const clock = (ms) => {
  const tenths = Math.round(ms / 100);
  const rest = (tenths % 600) / 10;
  return `${Math.floor(tenths / 600)}:${rest < 10 ? "0" : ""}${rest.toFixed(1)}`;
};
const plural = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const shortName = (name) => name.replace(/\.[A-Za-z0-9]{1,5}$/, "") || name;
const bare = (text) => text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "") || text;
const textOf = (tokens) => tokens.map((token) => token.gap + token.text).join("");

// --- sound -------------------------------------------------------------------------------

const sounds = new Map();
function soundOf(recording) {
  if (!recording.src) return null;
  if (!sounds.has(recording.id)) {
    const audio = make("audio");
    audio.preload = "auto";
    audio.src = recording.src;
    audio.dataset.recording = recording.id;
    at("sounds").append(audio);
    sounds.set(recording.id, audio);
  }
  const audio = sounds.get(recording.id);
  audio.muted = !state.sound;
  return audio;
}

/* Play one stretch of a recording. Without sound (blocked, or none there) the clock runs alone. */
function playStretch(recording, start, end, onTime, onEnd) {
  const audio = soundOf(recording);
  const run = { stopped: false };
  let silentSince = audio ? null : performance.now();
  run.stop = () => {
    run.stopped = true;
    if (audio) audio.pause();
  };
  const now = () =>
    silentSince === null ? audio.currentTime * 1000 + recording.from : start + performance.now() - silentSince;
  const tick = () => {
    if (run.stopped) return;
    const ms = now();
    onTime(ms);
    if (ms >= end || (audio && silentSince === null && audio.ended)) {
      run.stop();
      onEnd();
    } else requestAnimationFrame(tick);
  };
  if (audio) {
    audio.currentTime = Math.max(0, start - recording.from) / 1000;
    audio.play().catch((error) => {
      if (run.stopped) return;
      if (error.name === "NotAllowedError") at("unlock").hidden = false;
      silentSince = performance.now();
    });
  }
  requestAnimationFrame(tick);
  return run;
}

function stop() {
  state.wanted += 1;
  if (state.run) state.run.stop();
  state.run = null;
  for (const node of document.querySelectorAll(".play")) press(node, false);
  for (const node of document.querySelectorAll(".playing")) node.classList.remove("playing");
  for (const node of document.querySelectorAll(".read")) node.classList.remove("read");
  unmark();
}

function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
  if (button === at("play")) at("play-label").textContent = on ? "Stop" : "Play caption";
}

// --- the place in the image ---------------------------------------------------------------

const clamp = (value) => Math.min(1, Math.max(0, value));

function showPoint(x, y, voice, className) {
  const point = at("point");
  point.className = `${voiceClass(voice)} ${className || ""}`;
  point.style.left = `${clamp(x) * 100}%`;
  point.style.top = `${clamp(y) * 100}%`;
  point.hidden = false;
}

function hidePoint() {
  at("point").hidden = true;
  drawTrail([]);
}

/* Where the pointer was: in a segment of the path, between two of its points; else null. */
function pointerAt(recording, ms) {
  for (const path of recording.trace) {
    if (!path.length || ms < path[0] || ms > path[path.length - 3]) continue;
    let low = 0, high = path.length / 3 - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (path[middle * 3] <= ms) low = middle;
      else high = middle;
    }
    const [t0, x0, y0] = path.slice(low * 3, low * 3 + 3);
    const [t1, x1, y1] = path.slice(high * 3, high * 3 + 3);
    const part = t1 > t0 ? (ms - t0) / (t1 - t0) : 0;
    return { x: x0 + (x1 - x0) * part, y: y0 + (y1 - y0) * part, path };
  }
  return null;
}

function trailOf(recording, from, to) {
  const found = pointerAt(recording, to) || pointerAt(recording, (from + to) / 2);
  if (!found) return [];
  const points = [];
  for (let i = 0; i < found.path.length; i += 3) {
    if (found.path[i] >= from && found.path[i] <= to) points.push([found.path[i + 1], found.path[i + 2]]);
  }
  return points;
}

function drawTrail(points) {
  const svg = at("trail");
  svg.replaceChildren();
  if (points.length < 2) return;
  const third = Math.max(1, Math.floor(points.length / 3));
  const pieces = [[0, third, "old"], [third, third * 2, "mid"], [third * 2, points.length - 1, "new"]];
  for (const layer of ["under", "over"]) {
    for (const [first, last, age] of pieces) {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
      line.setAttribute("class", `${layer} ${age}`);
      line.setAttribute("points", points.slice(first, last + 1).map((point) => point.join(",")).join(" "));
      svg.append(line);
    }
  }
}

function followPointer(recording, voice, ms, token) {
  const found = pointerAt(recording, ms);
  if (found && !calm.matches) {
    const clicked = recording.clicks.some((value, i) => i % 3 === 0 && ms >= value && ms - value < 600);
    const pointing = token && token.x !== undefined;
    showPoint(found.x, found.y, voice, clicked ? "clicked" : pointing ? "" : "idle");
    drawTrail([...trailOf(recording, ms - TRAIL_MS, ms), [found.x, found.y]]);
  } else if (token && token.x !== undefined) showPoint(token.x, token.y, voice);
  else hidePoint();
}
