// Of several requests for the same part of a page only the newest counts: older ones are aborted, and their
// answers are not shown.

import { ApiError, REQUEST_TIMEOUT_MS } from "./api.js";

const BUSY = 429;
/**
 * Waits before a busy service is asked again. They grow, so that several pages do not overload it together.
 */
const PAUSES_MS = [1000, 2000, 4000, 8000];

/**
 * @template {unknown[]} Values
 * @template Answer
 * @param {(signal: AbortSignal, ...values: Values) => Promise<Answer>} request
 * @param {(answer: Answer) => void} show
 * @param {(error: ApiError) => void} [explain] shows an error; without it, errors are not shown
 * @returns {{ask: (...values: Values) => Promise<void>, stop: () => void}} after a lost connection the
 *   request is repeated when the service answers again
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
