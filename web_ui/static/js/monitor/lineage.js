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
  reading_checks: "Reading check",
};

/** @type {Set<Item["collection"]>} */
const WITHOUT_SAMPLES = new Set(["learning_rates", "reading_checks"]);

/** @param {Item} item */
const isThing = ({ collection }) => collection === "datasets" || collection === "models";

/**
 * Show the lineage of a job, with the dataset or model that it made, or of a stored thing.
 * @param {HTMLElement} place
 * @param {Lineage} lineage
 * @param {{isOfJob: boolean}} options
 */
export function showLineage(place, lineage, { isOfJob }) {
  const { result, made_from: madeFrom, used_by: usedBy } = lineage;
  const made = isOfJob && result && isThing(result) && result.is_stored ? [result] : [];
  place.hidden = made.length + madeFrom.length + usedBy.length === 0;
  redraw(place, lineage, () => [
    ...(made.length ? [makeList("Result", made)] : []),
    makeList("Made from", madeFrom),
    makeList("Used by", usedBy),
  ]);
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
  const address = addressOf(item);
  const shown = isThing(item) ? name : title;
  return makeElement(
    "li",
    { class: "row" },
    makeElement("span", { class: "badge" }, KINDS[collection]),
    address ? makeElement("a", { href: address }, shown) : makeElement("span", {}, shown),
    isStored ? null : makeElement("span", { class: "muted small" }, jobId ? "not made" : "deleted"),
    isThing(item) && isStored && jobId
      ? makeElement(
          "a",
          { class: "small", href: jobAddress(jobId), "aria-label": `its job: ${shown}` },
          "its job",
        )
      : null,
  );
}

/** @param {Item} item */
function addressOf(item) {
  const { collection, name, is_stored: isStored, job_id: jobId } = item;
  if (isThing(item) && isStored) return storedAddress(collection, name);
  if (jobId) return jobAddress(jobId);
  return isStored && !WITHOUT_SAMPLES.has(collection) ? samplesAddress(collection, name) : null;
}
