// Sending a take to the server, and believing only what it confirms by SHA-256.

const HERE = new URL("..", import.meta.url);
const SLOW_MS = 300_000;

/** Why a take didn't arrive: `code` for us, `status` of HTTP (0: no answer), `wait` in seconds. */
export class SendError extends Error {
  constructor(code, status = 0, message = "", wait = 0) {
    super(`${code} ${status} ${message}`);
    this.code = code;
    this.status = status;
    this.sentence = message;
    this.wait = wait;
  }
}

export const address = (path) => new URL(path, HERE).href;
export const audioAddress = (reference) => address(`recordings/${reference.recording}`);

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(address(path), {
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(SLOW_MS),
      ...options,
    });
  } catch {
    throw new SendError("network");
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && body !== null) return body;
  const wait = Number(answer.headers.get("Retry-After")) || 0;
  throw new SendError(body?.error ?? "server", answer.status, body?.message ?? "", wait);
}

/** The words that were recognized in a recording: `{state}`, and `words` and `language` when `ready`. */
export const readWords = (reference, signal) => ask(`recordings/${reference.recording}/words`, { signal });

/** What is asked of a task, however often it takes to ask; null when `signal` aborts. */
export async function readProtocolPatiently(task, signal) {
  for (let seconds = 1; !signal.aborted; seconds = Math.min(30, seconds * 2)) {
    try {
      return await ask(`tasks/${task}/protocol`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }
  return null;
}

/** How far this user is: `{done, left}`. */
export const readProgress = () => ask("progress");

/** Have the server remember in which language this user wants the interface. */
export async function changeLanguage(language) {
  const session = await ask("session");
  await ask("language", {
    method: "POST",
    body: JSON.stringify({ language }),
    headers: { "Content-Type": "application/json", "X-CSRFToken": session.csrf },
  });
}

export async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send a take once. Resolves to the reference that the server gave, after comparing its SHA-256 and
 * size with ours; otherwise throws a SendError. Sending the same take twice is harmless.
 */
export async function send(take, sound) {
  const ours = await sha256(sound);
  const session = await ask("session"); // a new login brings a new token, and maybe another user
  if (session.user !== take.user) throw new SendError("other_user", 403);
  const form = new FormData();
  form.append("task", String(take.task));
  form.append("sha256", ours);
  form.append("meta", JSON.stringify(metaOf(take)));
  form.append("audio", sound, "recording");
  const reference = await ask("recordings", {
    method: "POST",
    body: form,
    headers: { "X-CSRFToken": session.csrf },
  });
  if (reference.sha256 !== ours || reference.bytes !== sound.size) {
    throw new SendError("server", 200, "the server has other bytes");
  }
  return reference;
}

function metaOf(take) {
  const { client_ms, trace, prompts, language, media_type, consent } = take;
  return {
    ...{ client_ms, trace, prompts, language, media_type, consent },
    recorded_at: take.started_at,
    consented_at: take.consented_at,
  };
}

/** Seconds until the next try: twice as long each time, and not in step with other browsers. */
export function backoff(tries, error) {
  const refused = [400, 404, 409, 413, 415].includes(error.status);
  const base = refused ? 60 : Math.min(60, 2 ** Math.min(tries, 6));
  return Math.max(error.wait, Math.round(base * (0.75 + Math.random() / 2)));
}

/** The sentence that says why: a key of strings.js and its values. */
export function reason(error) {
  const known = ["network", "not_logged_in", "other_user", "csrf", "too_large", "too_many"];
  if (known.includes(error.code)) return [`why_${error.code}`, {}];
  if (error.status === 413) return ["why_too_large", {}];
  if (error.status >= 400 && error.status < 500) {
    return ["why_refused", { message: error.sentence || error.status }];
  }
  return ["why_server", { code: error.status || error.code }];
}
