// Calls the JSON API. Every error has the same form.

export const API = document.body.dataset.api ?? "/api";

export class ApiError extends Error {
  /**
   * @param {number} status HTTP status; 0: the service did not answer
   * @param {{code?: string, message?: string, hint?: string, fields?: Record<string, string>}} error
   */
  constructor(status, error) {
    super(error.message ?? `The service answered with status ${status}.`);
    this.status = status;
    this.code = error.code ?? "internal";
    this.hint = error.hint ?? "";
    this.fields = error.fields ?? {};
  }
}

/** Longer than the slowest answer of the service: the inspection of a source stops after 60 s. */
export const REQUEST_TIMEOUT_MS = 90_000;
const GET_TIMEOUT_MS = 30_000;

/**
 * Send one request and return the JSON answer.
 * @param {string} method
 * @param {string} path below the root, which is the API address, such as "/jobs"
 * @param {{body?: unknown, signal?: AbortSignal, headers?: Record<string, string>, root?: string}} [options] the signal
 *   aborts the request; without one, a timeout does
 * @returns {Promise<any>}
 * @throws {ApiError}
 */
export async function sendRequest(method, path, { body, signal, headers = {}, root = API } = {}) {
  const withBody =
    body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } };
  let response;
  try {
    response = await fetch(root + path, {
      method,
      signal: signal ?? AbortSignal.timeout(method === "GET" ? GET_TIMEOUT_MS : REQUEST_TIMEOUT_MS),
      headers,
      ...withBody,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, {
      code: "unreachable",
      message: "The service does not answer.",
      hint: "Is it still running? This page keeps trying.",
    });
  }
  const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
  if (!response.ok) throw new ApiError(response.status, answer.error ?? {});
  return answer;
}

/** @type {Map<string, Promise<any>>} requests without an answer yet, by path */
const pendingRequests = new Map();

/**
 * Get a path. Calls at the same time for the same path share one request.
 * @param {string} path
 * @param {AbortSignal} [signal] a call with a signal has its own request
 */
export function get(path, signal) {
  const shared = signal ? undefined : pendingRequests.get(path);
  if (shared) return shared;
  const answer = sendRequest("GET", path, { signal });
  if (signal) return answer;
  pendingRequests.set(path, answer);
  const removePending = () => void pendingRequests.delete(path);
  answer.then(removePending, removePending);
  return answer;
}

/** @param {string} path @param {unknown} [body] @param {AbortSignal} [signal] */
export const post = (path, body = {}, signal) => sendRequest("POST", path, { body, signal });

/** @type {Map<string, string>} request -> its key, until the service has confirmed the job */
const idempotencyKeys = new Map();

/**
 * Create a job. A repeated request after a lost answer sends the same key, so that the service does not
 * create a second job.
 * @param {string} path
 * @param {unknown} body
 */
export async function createJob(path, body) {
  const requestKey = JSON.stringify([path, body]);
  const key =
    idempotencyKeys.get(requestKey) ??
    [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
  idempotencyKeys.set(requestKey, key);
  const job = await sendRequest("POST", path, { body, headers: { "Idempotency-Key": key } });
  idempotencyKeys.delete(requestKey);
  return job;
}

/** @param {string} path @param {Record<string, string | number | null | undefined>} values */
export function withQuery(path, values) {
  const pairs = Object.entries(values).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const query = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]));
  return pairs.length ? `${path}?${query}` : path;
}
