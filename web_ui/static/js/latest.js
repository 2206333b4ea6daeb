// Only the newest of requests that follow each other counts: an older one is given up, and its answer shown nowhere.

import { ApiError, PATIENCE_MS } from "./api.js";

/**
 * @template {unknown[]} Values
 * @template Answer
 * @param {(signal: AbortSignal, ...values: Values) => Promise<Answer>} request
 * @param {(answer: Answer) => void} show
 * @param {(error: ApiError) => void} [explain] left out: a refusal is not worth a word, and a lost connection has its banner
 * @returns {{ask: (...values: Values) => Promise<void>, stop: () => void}} without an answer at all, it asks again once the service is back
 */
export function latest(request, show, explain = () => {}) {
  let running = new AbortController();

  /** @param {Values} values */
  async function ask(...values) {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    try {
      const answer = await request(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]), ...values);
      if (!signal.aborted) show(answer);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      explain(error);
      if (error.status === 0) window.addEventListener("trouble", (event) => /** @type {CustomEvent} */ (event).detail ?? void ask(...values), { signal });
    }
  }
  return { ask, stop: () => running.abort() };
}
