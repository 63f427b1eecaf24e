"use strict";
(() => {
  const BEFORE_MS = 70, AFTER_MS = 110; // a word's neighbours are let in this much
  const HOVER_MS = 110; // passing over a word isn't asking for it
  const JOIN_MS = 900; // words further apart than this on the recording are played as two stretches
  const TRAIL_MS = 1400;
  const VOICES = 6;

  const at = (id) => document.getElementById(id);
  const data = JSON.parse(at("data").textContent);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const state = { image: null, run: null, wanted: 0, sound: true };

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
    if (recording.model) who.append(make("span", "", `heard by ${recording.model}`));
    if (!recording.src) who.append(make("span", "", "no sound"));
    const told = make("p", "told");
    told.setAttribute("role", "group");
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
    at("about").textContent = facts.join(" · ");
    at("facts").hidden = true;
    at("hint").hidden = false;
    layWords(at("caption"), image.caption, at("play"));
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
      button.addEventListener("click", () => {
        history.replaceState(null, "", `#${image.id}`);
        show(image);
      });
      items.set(image, button);
      const item = make("li");
      item.append(button);
      at("items").append(item);
    }
  }

  function search(words) {
    let found = 0;
    for (const [image, button] of items) {
      const text = `${image.name} ${textOf(image.caption)}`.toLowerCase();
      const fits = words.every((word) => text.includes(word));
      button.parentElement.hidden = !fits;
      found += fits;
    }
    at("none").hidden = found > 0;
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
})();
