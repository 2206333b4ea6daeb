// Looks at the samples of a dataset, a training, an evaluation or a prediction: a list, and one of them open
// with its pages, its prediction and its reference. The arrow keys go through them.

import { get } from "../base/api.js";
import { makeElement } from "../base/dom.js";
import { latest } from "../base/latest.js";
import { redraw } from "../base/redraw.js";
import { onPress, setResting } from "../base/resting.js";
import { makeSampleDetail } from "./sample-detail.js";
import { makeSampleList, markOpenEntry } from "./sample-list.js";
import { listPath, PAGE_SIZE, pageAddress, readQuery, selectionOf } from "./sample-query.js";
import { makeSampleTools, makeSearchField } from "./sample-tools.js";
import { layOutViewer, makeViewerParts } from "./viewer-parts.js";

/** @typedef {import("../base/api-types.js").SampleAnswer} Sample */
/** @typedef {import("../base/api-types.js").SampleList} SampleList */
/** @typedef {import("./sample-query.js").SampleQuery} SampleQuery */

const PREPARING = 429;
const RETRY_MS = 1000;
const NOT_FOUND = 404;

export class SamplesViewer {
  /**
   * @param {HTMLElement} place
   * @param {{collection: string, name: string, order?: string, address?: string}} options address: of the
   *   page that shows these samples alone; its query follows what is shown if it is the present page
   */
  constructor(place, { collection, name, order = "position" }) {
    this.path = `/samples/${collection}/${encodeURIComponent(name)}`;
    this.page = `${document.body.dataset.samples}/${collection}/${encodeURIComponent(name)}`;
    this.isOwnPage = location.pathname === this.page;
    this.query = readQuery(new URLSearchParams(this.isOwnPage ? location.search : ""), order);
    /** @type {SampleList | null} */
    this.list = null;
    /** Which sample of the next list opens. @type {"first" | "last" | "same"} */
    this.opens = "same";
    this.place = place;
    this.parts = makeViewerParts(this.page);
    this.parts.search.append(makeSearchField(this.query.search, (search) => this.#change({ search })));
    onPress(this.parts.back, () => this.#step(-1));
    onPress(this.parts.on, () => this.#step(1));
    this.request = latest(
      (signal, /** @type {boolean} */ isAtPosition) =>
        get(listPath(this.path, this.query, isAtPosition), signal),
      (list) => this.#show(list),
      (error) => this.#explain(error),
    );
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Read the list again. */
  load() {
    return this.request.ask(this.query.position !== null && this.list === null);
  }

  /** @param {Partial<SampleQuery>} change of what is listed */
  #change(change) {
    this.query = { ...this.query, offset: 0, position: null, ...change };
    this.opens = "first";
    void this.load();
  }

  /** @param {SampleList} list */
  #show(list) {
    const isFirst = this.list === null;
    this.list = list;
    this.query = { ...this.query, split: list.split, offset: list.offset };
    const { tools, count, list: entries, steps, detail } = this.parts;
    if (isFirst) this.place.replaceChildren(layOutViewer(this.parts));
    redraw(tools, [list.splits, list.histogram, list.marks, selectionOf(this.query)], () =>
      makeSampleTools(list, this.query, this.path, (change) => this.#change(change)),
    );
    redraw(entries, list.samples, () => [makeSampleList(list.samples, (sample) => this.#open(sample))]);
    const shown = list.num_selected.toLocaleString("en");
    const total = list.num_samples.toLocaleString("en");
    count.textContent = shown === total ? `${total} samples` : `${shown} of ${total} samples`;
    entries.hidden = detail.hidden = steps.hidden = list.samples.length === 0;
    this.#open(this.#chosen(list));
  }

  /** Return the sample of a new list that opens. @param {SampleList} list */
  #chosen(list) {
    const { samples } = list;
    const same = samples.find(({ position }) => position === this.query.position);
    const end = this.opens === "last" ? samples.at(-1) : samples[0];
    return (this.opens === "same" ? same : undefined) ?? end;
  }

  /** @param {Sample | undefined} sample */
  #open(sample) {
    if (!this.list || !sample) return;
    this.query.position = sample.position;
    this.opens = "same";
    const { list: entries, detail, place, link, back, on } = this.parts;
    const index = this.list.samples.findIndex(({ position }) => position === sample.position);
    markOpenEntry(entries, index);
    const { list } = this;
    redraw(detail, [sample, list.split, list.pages_note], () => makeSampleDetail(sample, list, this.path));
    const number = this.query.offset + index;
    place.textContent = `${(number + 1).toLocaleString("en")} of ${this.list.num_selected.toLocaleString("en")}`;
    link.setAttribute("href", pageAddress(this.page, this.query));
    if (this.isOwnPage) history.replaceState(null, "", pageAddress(this.page, this.query));
    setResting(back, number === 0);
    setResting(on, number + 1 >= this.list.num_selected);
  }

  /** Open the sample before or after. @param {1 | -1} direction */
  #step(direction) {
    if (!this.list) return;
    const index = this.list.samples.findIndex(({ position }) => position === this.query.position);
    const sample = this.list.samples[index + direction];
    if (sample) return this.#open(sample);
    const offset = this.query.offset + direction * PAGE_SIZE;
    if (offset < 0 || offset >= this.list.num_selected) return;
    this.query.offset = offset;
    this.opens = direction > 0 ? "first" : "last";
    void this.request.ask(false);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1 };
    const direction = /** @type {1 | -1 | undefined} */ (steps[/** @type {"ArrowLeft"} */ (event.key)]);
    const target = /** @type {HTMLElement} */ (event.target);
    const isElsewhere = target.closest("input, select, textarea, dialog, [role=tab], [role=region], canvas");
    if (!direction || isElsewhere || event.altKey || event.ctrlKey || event.metaKey) return;
    if (this.place.checkVisibility()) this.#step(direction);
  }

  /** @param {import("../base/api.js").ApiError} error */
  #explain(error) {
    if (error.status === PREPARING) setTimeout(() => void this.load(), RETRY_MS);
    if (this.list && (error.status === PREPARING || error.status === 0)) return;
    const text =
      error.status === NOT_FOUND && !this.isOwnPage
        ? "No samples yet. They appear here once the job has made some."
        : `${error.message} ${error.status === PREPARING ? "" : error.hint}`;
    this.list = null;
    this.place.replaceChildren(makeElement("p", { class: "empty", role: "status" }, text));
  }
}
