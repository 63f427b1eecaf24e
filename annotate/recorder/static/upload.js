// HTTP requests to the recorder's API. An upload counts only when the server confirms its SHA-256.

const BASE_URL = new URL("..", import.meta.url);
const TIMEOUT_MS = 300_000;

/** A failed request: the API's error `code`, HTTP `status` (0: no response), `retryAfter` in seconds. */
export class UploadError extends Error {
  constructor(code, status = 0, message = "", retryAfter = 0) {
    super(`${code} ${status} ${message}`);
    this.code = code;
    this.status = status;
    this.serverMessage = message;
    this.retryAfter = retryAfter;
  }
}

export const urlOf = (path) => new URL(path, BASE_URL).href;
export const audioUrl = (reference) => urlOf(`recordings/${reference.recording}`);

/** The JSON of a response; throws UploadError. */
async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(urlOf(path), {
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...options,
    });
  } catch {
    throw new UploadError("network");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  throw new UploadError(body?.error ?? "server", response.status, body?.message ?? "", retryAfter);
}

/** The recognized words of a recording: `{state}`, and `words` and `language` when `ready`. */
export const fetchWords = (reference, signal) => request(`recordings/${reference.recording}/words`, { signal });

/** The protocol of a task, requested until it succeeds; null when `signal` aborts. */
export async function fetchProtocolWithRetries(task, signal) {
  for (let seconds = 1; !signal.aborted; seconds = Math.min(30, seconds * 2)) {
    try {
      return await request(`tasks/${task}/protocol`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }
  return null;
}

/** The user's counts of images: `{done, left}`. */
export const fetchProgress = () => request("progress");

/** Store the user's interface language on the server. */
export async function saveLanguage(language) {
  const session = await request("session");
  await request("language", {
    method: "POST",
    body: JSON.stringify({ language }),
    headers: { "Content-Type": "application/json", "X-CSRFToken": session.csrf },
  });
}

export async function sha256(blob) {
  const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Upload a take once. Resolves to the server's reference, after comparing its SHA-256 and size with
 * the audio's; otherwise throws an UploadError. Uploading the same take twice is harmless.
 */
export async function uploadTake(take, audio) {
  const digest = await sha256(audio);
  const session = await request("session"); // a new login brings a new token, and maybe another user
  if (session.user !== take.user) throw new UploadError("other_user", 403);
  const form = new FormData();
  form.append("task", String(take.task));
  form.append("sha256", digest);
  form.append("meta", JSON.stringify(metadata(take)));
  form.append("audio", audio, "recording");
  const reference = await request("recordings", {
    method: "POST",
    body: form,
    headers: { "X-CSRFToken": session.csrf },
  });
  if (reference.sha256 !== digest || reference.bytes !== audio.size) {
    throw new UploadError("server", 200, "the server has other bytes");
  }
  return reference;
}

function metadata(take) {
  const { client_ms, trace, prompts, language, media_type, consent } = take;
  return {
    ...{ client_ms, trace, prompts, language, media_type, consent },
    recorded_at: take.started_at,
    consented_at: take.consented_at,
  };
}

/** Seconds until the next attempt: exponential backoff with jitter, at least `retryAfter`. */
export function retryDelay(attempts, error) {
  const rejected = [400, 404, 409, 413, 415].includes(error.status);
  const base = rejected ? 60 : Math.min(60, 2 ** Math.min(attempts, 6));
  return Math.max(error.retryAfter, Math.round(base * (0.75 + Math.random() / 2)));
}

/** The message for an error: a key of strings.js and its values. */
export function errorMessage(error) {
  const codesWithMessage = ["network", "not_logged_in", "other_user", "csrf", "too_large", "too_many"];
  if (codesWithMessage.includes(error.code)) return [`why_${error.code}`, {}];
  if (error.status === 413) return ["why_too_large", {}];
  if (error.status >= 400 && error.status < 500) {
    return ["why_refused", { message: error.serverMessage || error.status }];
  }
  return ["why_server", { code: error.status || error.code }];
}
