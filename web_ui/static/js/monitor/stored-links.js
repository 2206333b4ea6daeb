// Where the row of a stored dataset or model leads: to its samples, and to a training on it.

import { makeElement } from "../base/dom.js";

/**
 * @param {string} name
 * @param {{path: string, isComplete: boolean, trainAddress?: string}} stored path: of its kind in addresses
 */
export function makeStoredLinks(name, { path, isComplete, trainAddress }) {
  const samples = `${document.body.dataset.samples}/${path}/${encodeURIComponent(name)}`;
  /** @type {[string, string, string][]} */
  const links = [["Samples", `Samples of ${name}`, samples]];
  if (trainAddress) links.push(["Train on it", `Train on ${name}`, trainAddress]);
  return makeElement(
    "span",
    { class: "row" },
    ...(isComplete ? links : []).map(([text, label, href]) =>
      makeElement("a", { class: "button button--small", href, "aria-label": label }, text),
    ),
  );
}
