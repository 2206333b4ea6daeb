// The marks of a sample in words, and its score as a pill.

import { makeElement } from "../base/dom.js";

/** Mark -> its name, the style of its badge, and what it says. @type {Record<string, [string, string, string]>} */
export const MARKS = {
  exact: ["Exact match", "ok", "The prediction equals the reference."],
  looping: ["Looping", "bad", "The prediction ends in repetitions."],
  failed: ["Failed", "bad", "The input could not be read."],
  empty: ["Empty", "bad", "Nothing was written."],
  cut: ["Cut off", "warn", "It reached its length limit: the text, or the document's pages."],
  unsupported: ["Not in the document", "warn", "It holds numbers or names that the document does not hold."],
};

/** @param {string} mark */
export function makeMarkBadge(mark) {
  const [name, style, meaning] = MARKS[mark];
  return makeElement("span", { class: `badge badge--${style}`, title: meaning }, name);
}

/** Make a pill whose fill is the score. @param {number | null} score ROUGE-L, 0 to 1 */
export function makeScorePill(score) {
  if (score === null) return makeElement("span", { class: "score score--none" }, "–");
  const percent = (score * 100).toFixed(1);
  const pill = makeElement("span", { class: "score numbers", title: "ROUGE-L" }, percent);
  pill.style.setProperty("--score", `${percent}%`);
  return pill;
}
