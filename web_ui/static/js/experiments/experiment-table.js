// The table of experiments. Rows are made when they come near the view, so that a thousand of them open at once.

import { findElements, makeElement } from "../base/dom.js";
import { redraw } from "../base/redraw.js";
import { NAME_COLUMN, shownColumns } from "./columns.js";
import { makeCells } from "./experiment-row.js";
import { MAX_COMPARED } from "./table-query.js";

/** @typedef {import("../base/api-types.js").Experiment} Experiment */
/** @typedef {import("./table-query.js").TableQuery} TableQuery */
/** @typedef {import("./columns.js").Column} Column */

const ROWS_AT_ONCE = 30;

export class ExperimentTable {
  /**
   * @param {HTMLElement} place
   * @param {import("./experiment-row.js").RowActions & {sort: (column: Column) => void}} actions
   */
  constructor(place, actions) {
    this.actions = actions;
    /** @type {Experiment[]} */
    this.experiments = [];
    /** @type {Column[]} */
    this.columns = [];
    /** @type {Map<string, HTMLElement>} by job id */
    this.rows = new Map();
    /** @type {string[]} ids of the ticked experiments */
    this.compared = [];
    this.numShown = ROWS_AT_ONCE;
    this.head = makeElement("tr", {});
    this.body = makeElement("tbody", {});
    const table = makeElement("table", {}, makeElement("thead", {}, this.head), this.body);
    this.more = makeElement("button", { type: "button", class: "button button--small" }, "Show more");
    this.more.addEventListener("click", () => this.#showMore());
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      this.#showMore();
      // An observer tells of changes alone: observed anew, it also tells that the button is still in view.
      observer.unobserve(this.more);
      observer.observe(this.more);
    });
    observer.observe(this.more);
    const region = {
      class: "table-scroll experiments",
      tabindex: 0,
      role: "region",
      "aria-label": "Experiments",
    };
    place.replaceChildren(makeElement("div", region, table, this.more));
  }

  /** @param {Experiment[]} experiments in their order @param {TableQuery} query */
  show(experiments, query) {
    this.experiments = experiments;
    this.columns = shownColumns(query.columns);
    redraw(this.head, [this.columns.map(({ id }) => id), query.sort, query.isDescending], () =>
      this.#makeHead(query),
    );
    this.#drawRows();
    this.mark(query.compared);
  }

  /** Tick the compared experiments. @param {string[]} compared ids */
  mark(compared) {
    this.compared = compared;
    for (const box of /** @type {HTMLInputElement[]} */ (findElements("input", this.body))) {
      box.checked = compared.includes(box.value);
      box.disabled = !box.checked && compared.length >= MAX_COMPARED;
    }
  }

  #showMore() {
    if (this.numShown >= this.experiments.length) return;
    this.numShown += ROWS_AT_ONCE;
    this.#drawRows();
    this.mark(this.compared);
  }

  #drawRows() {
    const shown = this.experiments.slice(0, this.numShown);
    const rows = shown.map((experiment) => this.#drawRow(experiment));
    const kept = new Set(rows);
    for (const [id, row] of this.rows) {
      if (kept.has(row)) continue;
      row.remove();
      this.rows.delete(id);
    }
    rows.forEach((row, index) => {
      if (this.body.children[index] !== row) this.body.insertBefore(row, this.body.children[index] ?? null);
    });
    this.more.hidden = this.numShown >= this.experiments.length;
  }

  /** @param {Experiment} experiment */
  #drawRow(experiment) {
    const row = this.rows.get(experiment.id) ?? makeElement("tr", {});
    this.rows.set(experiment.id, row);
    redraw(row, [experiment, this.columns.map(({ id }) => id)], () =>
      makeCells(experiment, this.columns, this.actions),
    );
    return row;
  }

  /** @param {TableQuery} query */
  #makeHead({ sort, isDescending }) {
    const heads = [NAME_COLUMN, ...this.columns].map((column) => {
      const isSorted = column.id === sort;
      const button = makeElement("button", { type: "button", title: column.note }, column.title);
      button.addEventListener("click", () => this.actions.sort(column));
      return makeElement(
        "th",
        {
          scope: "col",
          class: column === NAME_COLUMN ? "experiments__name" : column.isNumber ? "numbers" : null,
          "aria-sort": isSorted ? (isDescending ? "descending" : "ascending") : null,
        },
        button,
      );
    });
    const tick = makeElement("span", { class: "visually-hidden" }, "Compare");
    return [makeElement("th", { scope: "col", class: "experiments__tick" }, tick), ...heads];
  }
}
