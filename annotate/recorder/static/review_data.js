// Parses a task's data for the panel. Data in an unknown format is omitted: the panel then shows
// less, but doesn't fail.

const MAX_VOICES = 100;

/**
 * `{text, image, audio, earlier, voices, words, sentences}`. `voices` have `who`, `start`, `end`, `words`
 * (`text`, `space` before it, `start`, `end`, `probability`, `x`, `y`), `path`, `clicks`, `doubts`;
 * `words` are those of the caption, with `start` and `end` in `text`, `kind`, and the indices `voice`
 * and `word` of the recognized word. Times are milliseconds in the audio file.
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
    return { ...basic, ...readOlderTask(data, text) };
  }
}

/** The differing decisions of earlier reviewers, for adjudication. */
function readEarlier(earlier) {
  const isValid = ({ decision, text }) =>
    ["accept", "fix", "reject"].includes(decision) && (text === null || typeof text === "string");
  return (Array.isArray(earlier) ? earlier : []).filter((entry) => entry && isValid(entry)).slice(0, MAX_VOICES);
}

function readReview(review, text) {
  if (review.version !== 1 || !review.voices.length) throw new Error("version");
  const voices = list(review.voices, MAX_VOICES).map(readVoice);
  const offsetOf = codeUnitOffsets(text);
  const words = list(review.words).map((entry) => readCaptionWord(entry, voices, offsetOf));
  words.forEach((word, index) => {
    if (word.start < (words[index - 1]?.end ?? 0)) throw new Error("order");
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
    path: list(voice.path).map(readPoints),
    clicks: readPoints(voice.clicks),
    doubts: readDoubts(voice.doubts),
  };
}

function readWord([text, start, end, probability, x, y]) {
  const word = { start: number(start), end: number(end), probability: number(probability) / 100 };
  word.text = string(text).trimStart();
  word.space = text.startsWith(" ") ? " " : "";
  if (x !== undefined) Object.assign(word, { x: number(x) / 1000, y: number(y) / 1000 });
  return word;
}

/** Points from a flat list `t, x, y, t, x, y, …`. */
function readPoints(flat) {
  const numbers = list(flat).map(number);
  if (numbers.length % 3) throw new Error("run");
  const points = [];
  for (let n = 0; n < numbers.length; n += 3) {
    points.push({ t: numbers[n], x: numbers[n + 1] / 1000, y: numbers[n + 2] / 1000 });
  }
  return points;
}

function readCaptionWord([start, end, ...rest], voices, offsetOf) {
  const span = { start: offsetOf(start), end: offsetOf(end), voice: null, word: null };
  if (rest.length === 1) return { ...span, kind: string(rest[0]) };
  const [voice, word, kind = "spoken"] = rest;
  index(voice, voices.length);
  return { ...span, kind: string(kind), voice, word: index(word, voices[voice].words.length) };
}

const readDoubts = (doubts) =>
  list(doubts).map(([code, detail]) => ({ code: string(code), detail: detail === undefined ? "" : string(detail) }));

/** A function from offsets in code points, as in Python, to offsets in the string's UTF-16 units. */
function codeUnitOffsets(text) {
  const offsets = [0];
  for (const char of text) offsets.push(offsets.at(-1) + char.length);
  return (char) => offsets[index(char, offsets.length)];
}

/** A task of an older version: each passage of the narration is treated as one long word. */
function readOlderTask(data, text) {
  const voices = new Map();
  for (const entry of Array.isArray(data?.narration) ? data.narration : []) {
    if (typeof entry?.text !== "string" || typeof entry.author !== "string") continue;
    const start = Math.round(Number(entry.start) * 1000), end = Math.round(Number(entry.end) * 1000);
    if (!(start >= 0 && end >= start)) continue;
    const voice = voices.get(entry.author) ?? { who: entry.author, start, end, words: [], path: [], clicks: [], doubts: [] };
    voice.words.push({ text: entry.text, space: " ", start, end, probability: 1 });
    voice.end = Math.max(voice.end, end);
    voices.set(entry.author, voice);
  }
  const verdicts = typeof data?.verdicts === "string" ? data.verdicts.split("\n") : [];
  const doubts = verdicts.filter((line) => /^(\S+: )?(flag|reject), /.test(line));
  const [first] = voices.values();
  first?.doubts.push(...doubts.map((detail) => ({ code: "check", detail })));
  const words = [...text.matchAll(/\S+/gu)].map((match) => ({
    start: match.index, end: match.index + match[0].length, kind: "unknown", voice: null, word: null,
  }));
  return { voices: [...voices.values()], words, sentences: [] };
}

function list(value, maxLength = 100_000) {
  if (!Array.isArray(value) || value.length > maxLength) throw new Error("list");
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
