// Repeats a task: quickly while something happens, more and more slowly while nothing does, not at all in a hidden page.
// What goes wrong is told to the page as "trouble", and so is its end.

/** A service that does not answer is asked again this often, so that a page recovers soon after it. */
const RETRY_MS = 5000;

/** @type {Map<object, Error>} of each poll whose last try failed */
const failures = new Map();

/** @param {object} poller @param {Error | null} error null: it works */
function note(poller, error) {
  if (!error && !failures.has(poller)) return;
  if (error) failures.set(poller, error);
  else failures.delete(poller);
  window.dispatchEvent(new CustomEvent("trouble", { detail: failures.values().next().value ?? null }));
}

/**
 * @param {number} delayMs the last delay
 * @param {boolean} isBusy whether the last call brought something new
 * @param {{fastMs: number, slowMs: number}} limits
 */
export function nextDelay(delayMs, isBusy, { fastMs, slowMs }) {
  return isBusy ? fastMs : Math.min(slowMs, Math.max(fastMs, delayMs * 1.5));
}

/**
 * Start polling at once.
 * @param {() => Promise<boolean>} task answers whether something is going on
 * @param {{fastMs?: number, slowMs?: number}} [limits]
 * @returns {{now: () => void, stop: () => void}}
 */
export function poll(task, { fastMs = 1000, slowMs = 15000 } = {}) {
  const limits = { fastMs, slowMs };
  let timer = 0;
  let delayMs = fastMs;
  let stopped = false;
  let isRunning = false;
  let isAskedAgain = false;

  /** @returns {Promise<boolean>} whether something is going on */
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
    if (stopped || document.hidden) return;
    isAskedAgain = isRunning;
    if (isRunning) return;
    isRunning = true;
    const isBusy = await tried();
    isRunning = false;
    delayMs = nextDelay(delayMs, isBusy, limits);
    if (failures.has(task)) delayMs = Math.min(delayMs, RETRY_MS);
    if (isAskedAgain) now();
    else if (!stopped) timer = setTimeout(turn, delayMs);
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
