// Aligns the words of an edited text with those of the pushed caption. It is equivalent to
// `annotate/review/lineage.py`, which is applied when the decision is collected, so that the panel
// shows the later result.

const UNSPACED_RANGES =
  "\\u0e00-\\u0eff\\u1000-\\u109f\\uaa60-\\uaa7f\\ua9e0-\\ua9ff" + // Thai, Lao, Burmese
  "\\u3040-\\u30ff\\u31f0-\\u31ff\\uff66-\\uff9f" + // kana
  "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}"; // ideographs
const UNSPACED_CHAR = new RegExp(`[${UNSPACED_RANGES}]`, "u");
const PART = new RegExp(`[${UNSPACED_RANGES}]|[^\\s${UNSPACED_RANGES}]+`, "gu");
const SPOKEN_SIGNS = new Set("%&@#*/\\§‰‱¶†‡٪"); // punctuation that people speak
const PUNCTUATION = /[\p{P}\p{Z}\s]/u;
const MAX_CELLS = 4_000_000;

/** The word in lower case without punctuation: the form in which words are compared. */
function normalized(word) {
  const chars = [...word.normalize("NFKC").toLowerCase().normalize("NFKC")];
  const inNumber = (position) => /\d/.test(chars[position + 1] ?? "")
    && (/\d/.test(chars[position - 1] ?? "") || (position === 0 && chars[position] === "-"));
  const compared = chars.filter((char, position) => !PUNCTUATION.test(char) || SPOKEN_SIGNS.has(char) || inNumber(position));
  return compared.join("") || word;
}

/** The units of a text, `[start, end]`: words or, in scripts without blanks, characters with their signs. */
function units(text, unspaced) {
  if (!unspaced) return [...text.matchAll(/\S+/gu)].map((m) => [m.index, m.index + m[0].length]);
  const found = [];
  let lastIsSigns = false;
  for (const match of text.matchAll(PART)) {
    const start = match.index, end = start + match[0].length;
    const adjacent = found.at(-1)?.[1] === start;
    const signsOnly = !/[\p{L}\p{N}]/u.test(match[0]);
    if (adjacent && (signsOnly || lastIsSigns)) {
      found.at(-1)[1] = end;
      lastIsSigns &&= signsOnly;
    } else {
      found.push([start, end]);
      lastIsSigns = signsOnly;
    }
  }
  return found;
}

/** For each key of `before` its index in `after`, by the longest common subsequence; -1 if there is none. */
function matchUnits(before, after) {
  const found = new Array(before.length).fill(-1);
  let prefix = 0, suffix = 0;
  while (prefix < before.length && prefix < after.length && before[prefix] === after[prefix]) {
    found[prefix] = prefix;
    prefix += 1;
  }
  while (suffix < Math.min(before.length, after.length) - prefix && before.at(-1 - suffix) === after.at(-1 - suffix)) {
    suffix += 1;
    found[before.length - suffix] = after.length - suffix;
  }
  const oldKeys = before.slice(prefix, before.length - suffix), newKeys = after.slice(prefix, after.length - suffix);
  if (oldKeys.length * newKeys.length > MAX_CELLS) return found; // too different to compare: all of it counts as new
  for (const [a, b] of longestCommonSubsequence(oldKeys, newKeys)) found[prefix + a] = prefix + b;
  return found;
}

/** Pairs of indices of equal elements. */
function longestCommonSubsequence(a, b) {
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = a[i] === b[j]
        ? longest[(i + 1) * width + j + 1] + 1
        : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

/**
 * The tokens of `text`, in order: `{start, end, origin}`, where `origin` is the index of the unchanged
 * word of `caption`, or null for the reviewer's own. `words` are those of `caption`, the pushed text.
 */
export function align(caption, words, text) {
  const unspaced = UNSPACED_CHAR.test(caption);
  const before = words.flatMap((word, origin) => {
    const written = caption.slice(word.start, word.end);
    return units(written, unspaced).map(([a, b]) => ({ origin, key: normalized(written.slice(a, b)) }));
  });
  const after = units(text, unspaced);
  const newPositions = matchUnits(before.map((unit) => unit.key), after.map(([a, b]) => normalized(text.slice(a, b))));
  const unchanged = unchangedWords(before, newPositions);
  const tokens = [];
  for (let position = 0; position < after.length; ) {
    const { origin = null, count = 1 } = unchanged.get(position) ?? {};
    const start = after[position][0], end = after[position + count - 1][1];
    const last = tokens.at(-1);
    if (origin === null && unspaced && last?.origin === null && last.end === start) last.end = end;
    else tokens.push({ start, end, origin });
    position += count;
  }
  return tokens;
}

/** Words whose units are all unchanged and adjacent, by the new index of their first unit. */
function unchangedWords(before, newPositions) {
  const unitsByWord = new Map();
  before.forEach(({ origin }, unit) => unitsByWord.set(origin, [...(unitsByWord.get(origin) ?? []), unit]));
  const unchanged = new Map();
  for (const [origin, wordUnits] of unitsByWord) {
    const first = newPositions[wordUnits[0]];
    if (first >= 0 && wordUnits.every((unit, step) => newPositions[unit] === first + step)) {
      unchanged.set(first, { origin, count: wordUnits.length });
    }
  }
  return unchanged;
}
