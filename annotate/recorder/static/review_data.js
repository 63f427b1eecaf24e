// Parses a task's data for the panel. Data of an unknown form is omitted: the panel then shows
// less, but doesn't fail.

const MAX_VOICES = 100;

/**
 * `{text, image, audio, earlier, voices, words, sentences}`. `voices` have `who`, `start`, `end`, `words`
 * (`text`, `gap`, `start`, `end`, `sure`, `x`, `y`), `path`, `clicks`, `doubts`; `words` are those of
 * the text with `start`, `end`, `kind`, `voice`, `word`; times in milliseconds of the sound.
 */
export function readTask(data) {
  const text = typeof data?.caption === "string" ? data.caption : "";
  const basic = {
    text,
    image: typeof data?.image === "string" ? data.image : null,
    audio: typeof data?.audio === "string" ? data.audio : null,
    earlier: readEarlier(data?.earlier),
  };
  try {
    return { ...basic, ...readReview(data.review, text) };
  } catch {
    return { ...basic, ...older(data, text) };
  }
}

/** The differing decisions of earlier reviewers, for adjudication. */
function readEarlier(earlier) {
  const known = ({ decision, text }) =>
    ["accept", "fix", "reject"].includes(decision) && (text === null || typeof text === "string");
  return (Array.isArray(earlier) ? earlier : []).filter((one) => one && known(one)).slice(0, MAX_VOICES);
}

function readReview(review, text) {
  if (review.version !== 1 || !review.voices.length) throw new Error("version");
  const voices = list(review.voices, MAX_VOICES).map(readVoice);
  const at = positions(text);
  const words = list(review.words).map((one) => readOrigin(one, voices, at));
  words.forEach((one, index) => {
    if (one.start < (words[index - 1]?.end ?? 0)) throw new Error("order");
  });
  const sentences = list(review.sentences).map(([first, end, doubts]) => ({
    first: index(first, words.length), end: index(end, words.length + 1), doubts: readDoubts(doubts),
  }));
  return { voices, words, sentences };
}

function readVoice(voice) {
  return {
    who: string(voice.who),
    start: number(voice.start),
    end: number(voice.end),
    words: list(voice.words).map(readWord),
    path: list(voice.path).map(readRun),
    clicks: readRun(voice.clicks),
    doubts: readDoubts(voice.doubts),
  };
}

function readWord([text, start, end, sure, x, y]) {
  const word = { start: number(start), end: number(end), sure: number(sure) / 100 };
  word.text = string(text).trimStart();
  word.gap = text.startsWith(" ") ? " " : "";
  if (x !== undefined) Object.assign(word, { x: number(x) / 1000, y: number(y) / 1000 });
  return word;
}

/** A run of `t, x, y`. */
function readRun(flat) {
  const numbers = list(flat).map(number);
  if (numbers.length % 3) throw new Error("run");
  const points = [];
  for (let n = 0; n < numbers.length; n += 3) {
    points.push({ t: numbers[n], x: numbers[n + 1] / 1000, y: numbers[n + 2] / 1000 });
  }
  return points;
}

function readOrigin([start, end, ...rest], voices, at) {
  const span = { start: at(start), end: at(end), voice: null, word: null };
  if (rest.length === 1) return { ...span, kind: string(rest[0]) };
  const [voice, word, kind = "spoken"] = rest;
  index(voice, voices.length);
  return { ...span, kind: string(kind), voice, word: index(word, voices[voice].words.length) };
}

const readDoubts = (doubts) =>
  list(doubts).map(([code, detail]) => ({ code: string(code), detail: detail === undefined ? "" : string(detail) }));

/** A function from characters, as Python counts them, to places in the string. */
function positions(text) {
  const places = [0];
  for (const char of text) places.push(places.at(-1) + char.length);
  return (char) => places[index(char, places.length)];
}

/** What a task of an older version shows: each passage of the narration is one long word. */
function older(data, text) {
  const voices = new Map();
  for (const one of Array.isArray(data?.narration) ? data.narration : []) {
    if (typeof one?.text !== "string" || typeof one.author !== "string") continue;
    const start = Math.round(Number(one.start) * 1000), end = Math.round(Number(one.end) * 1000);
    if (!(start >= 0 && end >= start)) continue;
    const voice = voices.get(one.author) ?? { who: one.author, start, end, words: [], path: [], clicks: [], doubts: [] };
    voice.words.push({ text: one.text, gap: " ", start, end, sure: 1 });
    voice.end = Math.max(voice.end, end);
    voices.set(one.author, voice);
  }
  const said = typeof data?.verdicts === "string" ? data.verdicts.split("\n") : [];
  const doubts = said.filter((line) => /^(\S+: )?(flag|reject), /.test(line));
  const [first] = voices.values();
  first?.doubts.push(...doubts.map((detail) => ({ code: "check", detail })));
  const words = [...text.matchAll(/\S+/gu)].map((match) => ({
    start: match.index, end: match.index + match[0].length, kind: "unknown", voice: null, word: null,
  }));
  return { voices: [...voices.values()], words, sentences: [] };
}

function list(value, most = 100_000) {
  if (!Array.isArray(value) || value.length > most) throw new Error("list");
  return value;
}

function number(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Error("number");
  return value;
}

function string(value) {
  if (typeof value !== "string") throw new Error("string");
  return value;
}

function index(value, size) {
  if (!Number.isInteger(value) || value < 0 || value >= size) throw new Error("index");
  return value;
}
