// The samples that compared jobs have in common: a page of them, with search, order and steps from page to page.

import { get } from "../base/api.js";
import { debounce } from "../base/debounce.js";
import { makeElement } from "../base/dom.js";
import { latest } from "../base/latest.js";
import { redraw } from "../base/redraw.js";
import { onPress, setResting } from "../base/resting.js";
import { makeComparedSample } from "./compared-sample.js";
import { PAGE_SIZE, writeComparison } from "./comparison-query.js";

/** @typedef {import("../base/api-types.js").Comparison} Comparison */
/** @typedef {import("../base/api-types.js").ComparedSampleList} ComparedSampleList */
/** @typedef {import("./comparison-query.js").ComparisonQuery} ComparisonQuery */

const SEARCH_DELAY_MS = 250;
/** @type {[string, string][]} order and its name */
const ORDERS = [
  ["disagreement", "Greatest disagreement first"],
  ["first_worst", "Baseline worse first"],
  ["first_best", "Baseline better first"],
  ["position", "In order"],
];

export class ComparedSamples {
  /**
   * @param {HTMLElement} place
   * @param {ComparisonQuery} query
   * @param {(change: Partial<ComparisonQuery>) => void} change of the query, which is shown afterwards
   */
  constructor(place, query, change) {
    this.query = query;
    this.search = /** @type {HTMLInputElement} */ (
      makeElement("input", {
        type: "search",
        maxlength: 256,
        placeholder: "Search words…",
        value: query.search,
      })
    );
    this.order = /** @type {HTMLSelectElement} */ (
      makeElement(
        "select",
        { "aria-label": "Order of the samples" },
        ...ORDERS.map(([order, name]) => makeElement("option", { value: order }, name)),
      )
    );
    this.back = makeElement("button", { type: "button", class: "button button--small" }, "Previous");
    this.on = makeElement("button", { type: "button", class: "button button--small" }, "Next");
    this.count = makeElement("span", { class: "muted small numbers", role: "status" });
    this.list = makeElement("div", { class: "stack" }, "The samples are being read…");
    const searchLabel = makeElement("span", { class: "visually-hidden" }, "Search the samples");
    const field = makeElement("label", { class: "grow" }, searchLabel, this.search);
    const tools = makeElement("div", { class: "filters" }, field, makeElement("span", {}, this.order));
    const pager = makeElement("div", { class: "row" }, this.back, this.on, this.count);
    place.replaceChildren(tools, this.list, pager);
    this.search.addEventListener(
      "input",
      debounce(() => change({ search: this.search.value.trim(), offset: 0 }), SEARCH_DELAY_MS),
    );
    this.order.addEventListener("change", () => change({ order: this.order.value, offset: 0 }));
    onPress(this.back, () => change({ offset: Math.max(0, this.query.offset - PAGE_SIZE) }));
    onPress(this.on, () => change({ offset: this.query.offset + PAGE_SIZE }));
    this.request = latest(
      (signal, /** @type {Comparison} */ comparison, /** @type {string[]} */ names) =>
        this.#ask(signal, comparison, names),
      ({ list, comparison, names }) => this.#draw(list, comparison, names),
      (error) => this.#explain(error),
    );
  }

  /** @param {ComparisonQuery} query @param {Comparison} comparison @param {string[]} names */
  show(query, comparison, names) {
    this.query = query;
    this.order.value = query.order;
    if (document.activeElement !== this.search) this.search.value = query.search;
    return this.request.ask(comparison, names);
  }

  /** @param {AbortSignal} signal @param {Comparison} comparison @param {string[]} names */
  async #ask(signal, comparison, names) {
    const address = writeComparison(this.query, "samples");
    address.set("limit", String(PAGE_SIZE));
    const list = /** @type {ComparedSampleList} */ (await get(`/comparisons/samples?${address}`, signal));
    return { list, comparison, names };
  }

  /** @param {ComparedSampleList} list @param {Comparison} comparison @param {string[]} names */
  #draw(list, comparison, names) {
    redraw(this.list, [list, names], () =>
      list.samples.length
        ? list.samples.map((sample) => makeComparedSample(sample, list, comparison, names))
        : [makeElement("p", { class: "empty" }, explainNone(list))],
    );
    const { offset, num_selected: total, samples } = list;
    const format = (/** @type {number} */ number) => number.toLocaleString("en");
    this.count.textContent = total
      ? `${format(offset + 1)} to ${format(offset + samples.length)} of ${format(total)} common samples`
      : "";
    setResting(this.back, offset === 0);
    setResting(this.on, offset + samples.length >= total);
  }

  /** @param {import("../base/api.js").ApiError} error */
  #explain({ message, hint }) {
    redraw(this.list, message, () => [makeElement("p", { class: "empty" }, `${message} ${hint}`)]);
  }
}

/** @param {ComparedSampleList} list */
const explainNone = ({ jobs, num_common: number }) =>
  jobs.length < 2
    ? "No other job was scored on the samples of the baseline."
    : number
      ? "No common sample holds these words."
      : "These jobs have no sample in common.";
