// Repeats what failed since the Hub cannot be reached: at a press, or by itself when a countdown ends.

import { makeElement } from "../base/dom.js";
import { countDown } from "./countdown.js";

const WAIT_MS = 30_000;

/** @param {import("../base/api.js").ApiError} error */
export const isUnreachable = (error) => error.code === "hub_unreachable";

/**
 * Make the button with its countdown, which ends when the button is removed.
 * @param {() => void} action
 */
export function makeTryAgain(action) {
  const button = makeElement("button", { type: "button", class: "button button--small" }, "Try again");
  const note = makeElement("span", { class: "muted small", "aria-live": "off" });
  const stop = countDown(note, Date.now() + WAIT_MS, (leftS) => `by itself in ${leftS} s`, action);
  button.addEventListener("click", () => {
    stop();
    action();
  });
  return makeElement("span", { class: "row" }, button, note);
}
