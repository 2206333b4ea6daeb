// What a result was made from, and what was made with it, as links both ways.

import { jobAddress, samplesAddress, storedAddress } from "../base/addresses.js";
import { makeElement } from "../base/dom.js";
import { redraw } from "../base/redraw.js";

/** @typedef {import("../base/api-types.js").Lineage} Lineage */
/** @typedef {import("../base/api-types.js").LineageItem} Item */

/** @type {Record<Item["collection"], string>} */
const KINDS = {
  datasets: "Dataset",
  models: "Model",
  evaluations: "Evaluation",
  predictions: "Summaries",
  learning_rates: "Learning-rate search",
};

/** @param {HTMLElement} place @param {Lineage} lineage */
export function showLineage(place, lineage) {
  const { made_from: madeFrom, used_by: usedBy } = lineage;
  place.hidden = madeFrom.length + usedBy.length === 0;
  redraw(place, lineage, () => [makeList("Made from", madeFrom), makeList("Used by", usedBy)]);
}

/** @param {string} title @param {Item[]} items */
function makeList(title, items) {
  return makeElement(
    "section",
    { class: "stack-s" },
    makeElement("h2", {}, title),
    items.length
      ? makeElement("ul", { class: "lineage__items" }, ...items.map(makeItem))
      : makeElement("p", { class: "muted small" }, "Nothing in this workspace."),
  );
}

/** @param {Item} item */
function makeItem(item) {
  const { collection, name, is_stored: isStored, job_id: jobId, title } = item;
  const isThing = collection === "datasets" || collection === "models";
  const address = addressOf(item);
  const shown = isThing ? name : title;
  return makeElement(
    "li",
    { class: "row" },
    makeElement("span", { class: "badge" }, KINDS[collection]),
    address ? makeElement("a", { href: address }, shown) : makeElement("span", {}, shown),
    isStored ? null : makeElement("span", { class: "muted small" }, jobId ? "not made" : "deleted"),
    isThing && isStored && jobId
      ? makeElement(
          "a",
          { class: "small", href: jobAddress(jobId), "aria-label": `Job of ${shown}` },
          "its job",
        )
      : null,
  );
}

/** @param {Item} item */
function addressOf({ collection, name, is_stored: isStored, job_id: jobId }) {
  if ((collection === "datasets" || collection === "models") && isStored)
    return storedAddress(collection, name);
  if (jobId) return jobAddress(jobId);
  return isStored && collection !== "learning_rates" ? samplesAddress(collection, name) : null;
}
