// Repeats what failed since the Hub cannot be reached: at a press, or by itself when a countdown ends.

import { makeElement } from "../base/dom.js";

const WAIT_S = 30;

/** @param {import("../base/api.js").ApiError} error */
export const isUnreachable = (error) => error.code === "hub_unreachable";

/**
 * Make the button with its countdown. The countdown rests while the page is hidden, and ends when the button is removed.
 * @param {() => void} action
 */
export function makeTryAgain(action) {
  let leftS = WAIT_S;
  const button = makeElement("button", { type: "button", class: "button button--small" }, "Try again");
  const note = makeElement("span", { class: "muted small", "aria-live": "off" });
  const element = makeElement("span", { class: "row" }, button, note);
  const show = () => (note.textContent = `by itself in ${leftS} s`);
  const timer = setInterval(() => {
    if (leftS < WAIT_S && !element.isConnected) return clearInterval(timer);
    if (document.hidden) return;
    leftS -= 1;
    show();
    if (leftS === 0) run();
  }, 1000);
  function run() {
    clearInterval(timer);
    action();
  }
  button.addEventListener("click", run);
  show();
  return element;
}
