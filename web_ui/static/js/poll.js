// Repeats a task: quickly while something happens, more and more slowly while nothing does, not at all in a hidden page.

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
 * @param {() => Promise<boolean>} task answers whether something is going on; an error counts as "nothing"
 * @param {{fastMs?: number, slowMs?: number}} [limits]
 * @returns {{now: () => void, stop: () => void}}
 */
export function poll(task, { fastMs = 1000, slowMs = 15000 } = {}) {
  const limits = { fastMs, slowMs };
  let timer = 0;
  let delayMs = fastMs;
  let stopped = false;
  let isRunning = false;

  async function turn() {
    clearTimeout(timer);
    if (stopped || isRunning || document.hidden) return;
    isRunning = true;
    let isBusy = false;
    try {
      isBusy = await task();
    } catch (error) {
      if (!(error instanceof Error && "status" in error)) console.error(error);
    }
    isRunning = false;
    delayMs = nextDelay(delayMs, isBusy, limits);
    if (!stopped) timer = setTimeout(turn, delayMs);
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
      document.removeEventListener("visibilitychange", onVisible);
    },
  };
}
