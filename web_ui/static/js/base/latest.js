// Only the newest of requests that follow each other counts: an older one is given up, and its answer shown nowhere.

import { ApiError, REQUEST_TIMEOUT_MS } from "./api.js";

const BUSY = 429;
/** After so long a busy service is asked again, each time later: those who wait for the same do not keep driving each other away. */
const PAUSES_MS = [1000, 2000, 4000, 8000];

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
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        const answer = await request(
          AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
          ...values,
        );
        if (!signal.aborted) show(answer);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        if (error.status !== BUSY || tries === PAUSES_MS.length) return refuse(error, signal, values);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[tries]));
    }
  }

  /** @param {ApiError} error @param {AbortSignal} signal @param {Values} values */
  function refuse(error, signal, values) {
    explain(error);
    if (error.status === 0)
      window.addEventListener(
        "trouble",
        (event) => /** @type {CustomEvent} */ (event).detail ?? void ask(...values),
        { signal },
      );
  }
  return { ask, stop: () => running.abort() };
}
