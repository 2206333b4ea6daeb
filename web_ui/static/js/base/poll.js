// Repeats a task: often while something changes, less and less often while nothing does. In a hidden
// page never, unless `hiddenMs` says otherwise. The event "trouble" tells the page of an error, and of its end.

/** Longest wait after an error, so that a page recovers soon after the service does. */
const RETRY_MS = 5000;

/** @type {Map<object, Error>} the last error of each poll that failed */
const failures = new Map();

/** @param {object} poller @param {Error | null} error null: the task succeeded */
function note(poller, error) {
  if (!error && !failures.has(poller)) return;
  if (error) failures.set(poller, error);
  else failures.delete(poller);
  window.dispatchEvent(new CustomEvent("trouble", { detail: failures.values().next().value ?? null }));
}

/**
 * @param {number} delayMs the last delay
 * @param {boolean} isBusy whether the last call found something new
 * @param {{fastMs: number, slowMs: number}} limits
 */
export function nextDelay(delayMs, isBusy, { fastMs, slowMs }) {
  return isBusy ? fastMs : Math.min(slowMs, Math.max(fastMs, delayMs * 1.5));
}

/**
 * Start polling at once.
 * @param {() => Promise<boolean>} task returns whether something changes
 * @param {{fastMs?: number, slowMs?: number, hiddenMs?: number}} [limits] `hiddenMs`: how often a hidden page asks
 *   while something changes; 0: it does not ask
 * @returns {{now: () => void, stop: () => void}}
 */
export function poll(task, { fastMs = 1000, slowMs = 15000, hiddenMs = 0 } = {}) {
  const limits = { fastMs, slowMs };
  let timer = 0;
  let delayMs = fastMs;
  let stopped = false;
  let isRunning = false;
  let isAskedAgain = false;
  let wasBusy = false; // at the last answer
  const isResting = () => document.hidden && !(hiddenMs && wasBusy);

  /** @returns {Promise<boolean>} whether something changes */
  async function tried() {
    try {
      const isBusy = await task();
      note(task, null);
      return isBusy;
    } catch (error) {
      if (!(error instanceof Error && "status" in error)) console.error(error);
      else if (!stopped) note(task, error);
      return false;
    }
  }

  async function turn() {
    clearTimeout(timer);
    if (stopped || isResting()) return;
    isAskedAgain = isRunning;
    if (isRunning) return;
    isRunning = true;
    const isBusy = await tried();
    isRunning = false;
    delayMs = nextDelay(delayMs, isBusy, limits);
    if (!failures.has(task)) wasBusy = isBusy;
    else delayMs = Math.min(delayMs, RETRY_MS);
    if (isAskedAgain) now();
    else if (!stopped) timer = setTimeout(turn, document.hidden ? Math.max(hiddenMs, delayMs) : delayMs);
  }
  const now = () => {
    delayMs = fastMs;
    void turn();
  };
  const onVisible = () => {
    if (!document.hidden) now();
  };
  document.addEventListener("visibilitychange", onVisible);
  now();
  return {
    now,
    stop() {
      stopped = true;
      clearTimeout(timer);
      note(task, null);
      document.removeEventListener("visibilitychange", onVisible);
    },
  };
}
