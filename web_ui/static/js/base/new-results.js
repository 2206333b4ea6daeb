// Tells the open forms that there may be new datasets or models: a job has ended, or the tab is looked at again.

/** Announce that jobs have ended. */
export const announceResults = () => window.dispatchEvent(new Event("newresults"));

/** Call an action whenever there may be something new. @param {() => void} action */
export function onNewResults(action) {
  window.addEventListener("newresults", action);
  document.addEventListener("visibilitychange", () => document.hidden || action());
}
