// Aligns the words of an edited text with those of the pushed caption. It is equivalent to
// `annotate/review/lineage.py`, which is applied when the decision is collected, so that the panel
// shows the later result.

const UNSPACED =
  "\\u0e00-\\u0eff\\u1000-\\u109f\\uaa60-\\uaa7f\\ua9e0-\\ua9ff" + // Thai, Lao, Burmese
  "\\u3040-\\u30ff\\u31f0-\\u31ff\\uff66-\\uff9f" + // kana
  "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}"; // ideographs
const unspaced = new RegExp(`[${UNSPACED}]`, "u");
const PART = new RegExp(`[${UNSPACED}]|[^\\s${UNSPACED}]+`, "gu");
const MEANT = new Set("%&@#*/\\§‰‱¶†‡٪"); // punctuation that people speak
const MARK = /[\p{P}\p{Z}\s]/u;
const MOST_CELLS = 4_000_000;

/** The word without case and marks of writing, as the server compares words. */
function plain(word) {
  const chars = [...word.normalize("NFKC").toLowerCase().normalize("NFKC")];
  const inNumber = (at) => /\d/.test(chars[at + 1] ?? "")
    && (/\d/.test(chars[at - 1] ?? "") || (at === 0 && chars[at] === "-"));
  const kept = chars.filter((char, at) => !MARK.test(char) || MEANT.has(char) || inNumber(at));
  return kept.join("") || word;
}

/** Words between blanks or, where a script has no blanks, characters with the marks beside them. */
function units(text, apart) {
  if (!apart) return [...text.matchAll(/\S+/gu)].map((m) => [m.index, m.index + m[0].length]);
  const found = [];
  let bare = false;
  for (const match of text.matchAll(PART)) {
    const start = match.index, end = start + match[0].length;
    const touches = found.at(-1)?.[1] === start;
    const signs = !/[\p{L}\p{N}]/u.test(match[0]);
    if (touches && (signs || bare)) {
      found.at(-1)[1] = end;
      bare &&= signs;
    } else {
      found.push([start, end]);
      bare = signs;
    }
  }
  return found;
}

/** For each key of `before` where it is in `after`, by a longest common run; -1 if it is gone. */
function same(before, after) {
  const found = new Array(before.length).fill(-1);
  let head = 0, tail = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) {
    found[head] = head;
    head += 1;
  }
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) {
    tail += 1;
    found[before.length - tail] = after.length - tail;
  }
  const ours = before.slice(head, before.length - tail), theirs = after.slice(head, after.length - tail);
  if (ours.length * theirs.length > MOST_CELLS) return found; // written anew: nothing in it is kept
  for (const [a, b] of common(ours, theirs)) found[head + a] = head + b;
  return found;
}

function common(a, b) {
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
 * The tokens of `text`, in order: `{start, end, origin}` with the index of the word of `offered`
 * that was kept, or null for what the reviewer wrote. `words` are those of `offered`.
 */
export function align(offered, words, text) {
  const apart = unspaced.test(offered);
  const before = words.flatMap((word, origin) => {
    const written = offered.slice(word.start, word.end);
    return units(written, apart).map(([a, b]) => ({ origin, key: plain(written.slice(a, b)) }));
  });
  const after = units(text, apart);
  const places = same(before.map((one) => one.key), after.map(([a, b]) => plain(text.slice(a, b))));
  const kept = keptWords(before, places);
  const tokens = [];
  for (let at = 0; at < after.length; ) {
    const { origin = null, count = 1 } = kept.get(at) ?? {};
    const start = after[at][0], end = after[at + count - 1][1];
    const last = tokens.at(-1);
    if (origin === null && apart && last?.origin === null && last.end === start) last.end = end;
    else tokens.push({ start, end, origin });
    at += count;
  }
  return tokens;
}

/** The words of which all units were kept side by side, by their first unit's new place. */
function keptWords(before, places) {
  const members = new Map();
  before.forEach(({ origin }, unit) => members.set(origin, [...(members.get(origin) ?? []), unit]));
  const kept = new Map();
  for (const [origin, mine] of members) {
    const first = places[mine[0]];
    if (first >= 0 && mine.every((unit, step) => places[unit] === first + step)) {
      kept.set(first, { origin, count: mine.length });
    }
  }
  return kept;
}
