// Words, images and the page's controls, on what `viewer-media.js` has.

// --- words --------------------------------------------------------------------------------

function unmark() {
  for (const node of document.querySelectorAll(".now")) node.classList.remove("now");
}

function mark(token) {
  if (token.node.classList.contains("now")) return;
  unmark();
  token.node.classList.add("now");
  const recording = state.image.recordings[token.from];
  at("fact-word").textContent = bare(token.text);
  at("fact-who").replaceChildren(make("span", `dot ${voiceClass(token.from)}`), recording.annotator);
  at("fact-when").replaceChildren(clock(token.start), make("span", "until", ` to ${clock(token.end)}`));
  at("fact-where").textContent =
    token.x === undefined ? "nothing" : `${Math.round(token.x * 100)} %, ${Math.round(token.y * 100)} %`;
  at("facts").hidden = false;
  at("hint").hidden = true;
}

function playWord(token, delay) {
  stop();
  mark(token);
  const recording = state.image.recordings[token.from];
  if (token.x === undefined) hidePoint();
  else {
    showPoint(token.x, token.y, token.from, "held");
    drawTrail(calm.matches ? [] : trailOf(recording, token.start - 500, token.end));
  }
  const ticket = state.wanted;
  setTimeout(() => {
    if (ticket !== state.wanted) return;
    const end = token.end + AFTER_MS;
    state.run = playStretch(recording, token.start - BEFORE_MS, end, () => {}, () => {});
  }, delay);
}

/* Runs of words that were said one after the other, so that they sound as they were said. */
function stretches(tokens) {
  const runs = [];
  for (const token of tokens) {
    const run = runs[runs.length - 1];
    if (token.start === undefined) {
      if (run) run.tokens.push(token);
      continue;
    }
    const gap = run ? token.start - run.end : 0;
    if (run && run.from === token.from && gap > -120 && gap < JOIN_MS) {
      run.tokens.push(token);
      run.end = token.end;
    } else runs.push({ from: token.from, start: token.start, end: token.end, tokens: [token] });
  }
  return runs;
}

function playOn(tokens, container, button) {
  stop();
  if (button) press(button, true);
  container.classList.add("playing");
  const ticket = state.wanted;
  const runs = stretches(tokens);
  const next = () => {
    if (ticket !== state.wanted) return;
    const run = runs.shift();
    if (!run) {
      stop();
      hidePoint();
      return;
    }
    const recording = state.image.recordings[run.from];
    state.run = playStretch(recording, run.start - BEFORE_MS, run.end + AFTER_MS, (ms) => {
      const said = run.tokens.filter((token) => token.start !== undefined && token.start <= ms + 30);
      const token = said[said.length - 1];
      if (token) {
        mark(token);
        for (const passed of run.tokens.slice(0, run.tokens.indexOf(token) + 1)) passed.node.classList.add("read");
        keepInView(token.node);
      }
      followPointer(recording, run.from, ms, token);
    }, () => {
      for (const passed of run.tokens) passed.node.classList.add("read");
      next();
    });
  };
  next();
}

function keepInView(node) {
  const box = node.getBoundingClientRect();
  const picture = document.querySelector(".picture").getBoundingClientRect();
  const top = picture.width > innerWidth * 0.8 ? picture.bottom : 0;
  if (box.bottom > innerHeight - 40 || box.top < top) {
    const behavior = calm.matches ? "auto" : "smooth";
    scrollTo({ top: scrollY + box.top - top - (innerHeight - top) * 0.3, behavior });
  }
}

function layWords(container, tokens, button) {
  container.replaceChildren();
  const spoken = tokens.filter((token) => token.start !== undefined);
  for (const token of tokens) {
    container.append(token.gap);
    token.node = make("span", token.start === undefined ? "written" : "word", token.text);
    if (token.start === undefined) {
      token.node.title = token.kind === "synthetic" ? "Written by a model" : "Written by a reviewer";
    } else {
      token.node.classList.add(voiceClass(token.from));
      if (token.x !== undefined) token.node.classList.add("pointed");
      if (token.kind === "edited") token.node.title = "Corrected by the annotator";
      if (token.doubtful !== undefined) token.node.classList.add("doubtful");
      listen(token, tokens, spoken, container, button);
    }
    container.append(token.node);
  }
  if (spoken.length) spoken[0].node.tabIndex = 0;
}

function listen(token, tokens, spoken, container, button) {
  const node = token.node;
  const playing = () => container.classList.contains("playing");
  node.setAttribute("role", "button");
  node.tabIndex = -1;
  node.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse" && !document.querySelector(".playing")) playWord(token, HOVER_MS);
  });
  node.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && !document.querySelector(".playing") && !state.run) state.wanted += 1;
  });
  node.addEventListener("focus", () => {
    for (const other of spoken) other.node.tabIndex = other === token ? 0 : -1;
    if (node.matches(":focus-visible") && !playing()) playWord(token, 0);
  });
  node.addEventListener("click", (event) => {
    if (event.pointerType === "touch") playWord(token, 0);
    else playOn(tokens.slice(tokens.indexOf(token)), container, button);
  });
  node.addEventListener("keydown", (event) => {
    const here = spoken.indexOf(token);
    const goal = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1,
      Home: 0, End: spoken.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") node.click();
    else if (goal === undefined) return;
    else if (spoken[goal]) spoken[goal].node.focus();
    event.preventDefault();
  });
}

// --- an image -----------------------------------------------------------------------------

function playButton(label) {
  const button = at("play").cloneNode(true);
  button.removeAttribute("id");
  button.querySelector("span").remove();
  press(button, false);
  button.setAttribute("aria-label", label);
  return button;
}

function onPlay(button, start) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") stop();
    else start();
  });
}

function voice(recording, index) {
  const section = make("div", `voice ${voiceClass(index)}`);
  const button = playButton(`Play what ${recording.annotator} said`);
  const who = make("p", "who");
  who.append(make("b", "", recording.annotator), make("span", "", clock(recording.duration)));
  if (recording.synthetic) who.append(make("span", "", "synthetic voice"));
  if (recording.model) who.append(make("span", "", `recognized by ${recording.model}`));
  if (!recording.src) who.append(make("span", "", "no sound"));
  const told = make("p", "told");
  told.setAttribute("role", "group");
  told.dir = "auto";
  told.setAttribute("aria-label", `Transcript of ${recording.annotator}, word by word`);
  layWords(told, recording.words, button);
  button.disabled = !recording.words.length;
  onPlay(button, () => playOn(recording.words, told, button));
  section.append(button, who, told);
  return section;
}

function show(image) {
  if (state.image === image) return;
  stop();
  hidePoint();
  for (const audio of sounds.values()) audio.remove();
  sounds.clear();
  state.image = image;
  const words = image.caption.filter((token) => token.text).length;
  at("image").src = image.src;
  at("image").width = image.width;
  at("image").height = image.height;
  at("frame").style.setProperty("--ratio", image.width / image.height);
  at("image").alt = `The image described: ${image.name}`;
  at("name").textContent = shortName(image.name);
  const facts = [plural(words, "word"), plural(image.recordings.length, "recording"), image.split];
  if (image.automatic && !data.images.every((other) => other.automatic)) facts.push("accepted automatically");
  at("about").textContent = facts.filter(Boolean).join(" · ");
  at("facts").hidden = true;
  at("hint").hidden = false;
  layWords(at("caption"), image.caption, at("play"));
  markHits();
  at("legend-written").hidden = !image.caption.some((token) => token.text && token.start === undefined);
  for (const node of document.querySelectorAll(".legend-voice")) node.remove();
  at("legend").prepend(...image.recordings.map((recording, index) => {
    const item = make("li", "legend-voice");
    item.append(make("span", `dot ${voiceClass(index)}`), recording.annotator);
    return item;
  }));
  at("voices").replaceChildren(...image.recordings.map(voice));
  for (const [other, button] of items) {
    if (other === image) {
      button.setAttribute("aria-current", "true");
      button.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else button.removeAttribute("aria-current");
  }
  document.dispatchEvent(new Event("imageshown"));
}

const items = new Map();
function fillShelf() {
  for (const image of data.images) {
    const button = make("button", "item");
    const thumb = make("img");
    const label = make("span");
    button.type = "button";
    thumb.src = image.src;
    thumb.alt = "";
    thumb.decoding = "async";
    thumb.loading = "lazy";
    label.append(make("b", "", shortName(image.name)), make("span", "", plural(image.recordings.length, "recording")));
    button.append(thumb, label);
    button.addEventListener("click", () => choose(image));
    items.set(image, button);
    const item = make("li");
    item.append(button);
    at("items").append(item);
  }
}

function fits(image, words) {
  const text = `${image.name} ${textOf(image.caption)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function markHits() {
  const wanted = (token) => state.search.some((word) => token.text.toLowerCase().includes(word));
  for (const token of state.image.caption) token.node.classList.toggle("hit", wanted(token));
}

function search(words) {
  state.search = words;
  let first = null;
  for (const [image, button] of items) {
    const hit = fits(image, words);
    button.parentElement.hidden = !hit;
    if (hit && !first) first = image;
  }
  at("none").hidden = first !== null;
  if (first && !fits(state.image, words)) choose(first);
  else if (state.image) markHits();
}

function choose(image) {
  history.replaceState(null, "", `#${image.id}`);
  show(image);
}

function fromAddress() {
  const wanted = data.images.find((image) => `#${image.id}` === location.hash);
  if (wanted || data.images.length) show(wanted || data.images[0]);
}

at("search").addEventListener("input", (event) => search(event.target.value.toLowerCase().split(/\s+/).filter(Boolean)));
onPlay(at("play"), () => playOn(state.image.caption, at("caption"), at("play")));
at("sound").addEventListener("click", () => {
  state.sound = !state.sound;
  press(at("sound"), state.sound);
  for (const audio of sounds.values()) audio.muted = !state.sound;
});
at("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
addEventListener("pointerdown", () => { at("unlock").hidden = true; });
addEventListener("keydown", (event) => {
  at("unlock").hidden = true;
  if (event.key === "Escape") { stop(); hidePoint(); }
});
addEventListener("hashchange", fromAddress);
fillShelf();
if (data.images.length) fromAddress();
else at("main").hidden = true;
