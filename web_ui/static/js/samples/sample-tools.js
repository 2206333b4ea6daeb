// The controls over a list of samples: split, search, order, marks, histogram, download.

import { API, withQuery } from "../base/api.js";
import { debounce } from "../base/debounce.js";
import { makeElement } from "../base/dom.js";
import { makeHistogram } from "./histogram.js";
import { MARKS } from "./sample-marks.js";
import { selectionOf } from "./sample-query.js";

/** @typedef {import("./sample-query.js").SampleQuery} SampleQuery */
/** @typedef {import("../base/api-types.js").SampleList} SampleList */

/** @type {[string, string, boolean][]} order, its name, and whether it needs scores */
const ORDERS = [
  ["position", "In order", false],
  ["worst", "Worst first", true],
  ["best", "Best first", true],
  ["unsupported", "Most not in the document", true],
  ["longest", "Longest first", false],
  ["random", "Shuffled", false],
];
/** @type {Record<string, string>} */
const SPLIT_NAMES = { train: "Train", validation: "Validation", test: "Test", first_batch: "First batch" };
const SEARCH_DELAY_MS = 250;

/**
 * Make the field that searches; it stays while all around it is drawn anew.
 * @param {string} text
 * @param {(text: string) => void} search
 */
export function makeSearchField(text, search) {
  const input = /** @type {HTMLInputElement} */ (
    makeElement("input", { type: "search", placeholder: "Search words…", maxlength: 256, value: text })
  );
  input.addEventListener(
    "input",
    debounce(() => search(input.value.trim()), SEARCH_DELAY_MS),
  );
  return makeElement(
    "label",
    { class: "grow" },
    makeElement("span", { class: "visually-hidden" }, "Search the samples"),
    input,
  );
}

/**
 * @param {SampleList} list
 * @param {SampleQuery} query
 * @param {string} path of the list in the API
 * @param {(change: Partial<SampleQuery>) => void} change
 */
export function makeSampleTools(list, query, path, change) {
  const hasScores = list.histogram.length > 0;
  return [
    list.splits.length > 1 ? makeSplits(list, change) : null,
    makeOrder(query, hasScores, change),
    ...makeMarks(list, query, change),
    makeElement(
      "a",
      {
        class: "button button--small",
        href: withQuery(`${API}${path}/download.jsonl`, selectionOf(query)),
        download: true,
      },
      "Download JSONL",
    ),
    hasScores ? makeHistogram(list.histogram, query.bins, (bins) => change({ bins })) : null,
  ].filter((part) => part !== null);
}

/** @param {SampleList} list @param {(change: Partial<SampleQuery>) => void} change */
function makeSplits(list, change) {
  const choices = list.splits.map((split) => {
    const input = makeElement("input", {
      type: "radio",
      name: "sample-split",
      checked: split === list.split,
    });
    input.addEventListener("change", () => change({ split, bins: null, mark: "" }));
    return makeElement("label", {}, input, SPLIT_NAMES[split] ?? split);
  });
  return makeElement("fieldset", { class: "segments", "aria-label": "Split" }, ...choices);
}

/** @param {SampleQuery} query @param {boolean} hasScores @param {(change: Partial<SampleQuery>) => void} change */
function makeOrder(query, hasScores, change) {
  const options = ORDERS.filter(([, , needsScores]) => hasScores || !needsScores).map(([order, name]) =>
    makeElement("option", { value: order, selected: order === query.order }, name),
  );
  const select = /** @type {HTMLSelectElement} */ (
    makeElement("select", { "aria-label": "Order of the samples" }, ...options)
  );
  select.addEventListener("change", () => change({ order: select.value }));
  return makeElement("span", { class: "sample-order" }, select);
}

/** @param {SampleList} list @param {SampleQuery} query @param {(change: Partial<SampleQuery>) => void} change */
function makeMarks(list, query, change) {
  return Object.keys(MARKS)
    .filter((mark) => list.marks[mark])
    .map((mark) => {
      const isOn = query.mark === mark;
      const chip = makeElement(
        "button",
        { type: "button", class: "chip", "aria-pressed": String(isOn), title: MARKS[mark][2] },
        `${MARKS[mark][0]} `,
        makeElement("span", { class: "numbers" }, list.marks[mark].toLocaleString("en")),
      );
      chip.addEventListener("click", () => change({ mark: isOn ? "" : mark }));
      return chip;
    });
}
