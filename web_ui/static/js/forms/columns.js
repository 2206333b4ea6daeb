// The first rows of a source, and the choice of the columns for documents and summaries.

import { findElement, findElements, findInput, makeElement, setInputValue } from "../base/dom.js";
import { formatCount } from "../base/format.js";

/** @typedef {import("../base/api-types.js").Inspection} Inspection */

const ROLES = /** @type {const} */ (["document", "summary"]);
const SHOWN_ROWS = 4;

export class ColumnPicker {
  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    /** The source (as JSON) of the listed columns. */
    this.source = "";
    container.addEventListener("input", () => this.#highlightColumns());
  }

  /** @param {string} role */
  #control = (role) => findInput(`[name="columns.${role}"]`, this.container);

  /** The columns in the form of the API; null for a source that was not shown yet. @param {string} source */
  chosenColumns(source) {
    return Object.fromEntries(
      ROLES.map((role) => [role, (source === this.source && this.#control(role).value) || null]),
    );
  }

  /**
   * Show the inspected rows. A chosen column stays chosen where the source has it.
   * @param {Inspection} inspection
   * @param {string} source
   */
  show({ columns, suggestion, rows, problems }, source) {
    this.source = source;
    this.container.hidden = false;
    for (const role of ROLES) {
      const select = this.#control(role);
      const wanted = columns.includes(select.value) ? select.value : (suggestion[role] ?? "");
      select.replaceChildren(
        makeElement("option", { value: "" }, "(choose)"),
        ...columns.map((column) => makeElement("option", { value: column }, column)),
      );
      select.value = wanted;
    }
    const head = makeElement(
      "tr",
      {},
      ...columns.map((column) => makeElement("th", { scope: "col", "data-column": column }, column)),
    );
    const body = rows
      .slice(0, SHOWN_ROWS)
      .map((row) =>
        makeElement(
          "tr",
          {},
          ...columns.map((column) =>
            makeElement("td", { "data-column": column }, makeElement("div", {}, row[column])),
          ),
        ),
      );
    findElement("#rows", this.container).replaceChildren(
      makeElement(
        "table",
        { class: "rows" },
        makeElement("thead", {}, head),
        makeElement("tbody", {}, ...body),
      ),
    );
    findElement("#row-problems", this.container).hidden = problems.length === 0;
    findElement("#row-problems p", this.container).textContent =
      `${formatCount(problems.length)} of the first rows cannot be read and would be left out. ${problems[0]}`;
    this.#highlightColumns();
  }

  #highlightColumns() {
    for (const cell of findElements("[data-column]", this.container)) {
      for (const role of ROLES)
        cell.classList.toggle(`is-${role}`, cell.dataset.column === this.#control(role).value);
    }
  }
}

/**
 * Offer names as buttons; a press adds the name to the input, or removes it.
 * @param {HTMLElement} container
 * @param {HTMLInputElement} input its value: one name, or several separated by commas
 * @param {string[]} names
 * @param {{allowsSeveral: boolean}} options
 */
export function offerNames(container, input, names, { allowsSeveral }) {
  const chosenNames = () =>
    input.value
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean);
  const buttons = names.map((name) =>
    makeElement("button", { type: "button", class: "button button--small" }, name),
  );
  const showPressed = () =>
    buttons.forEach((button, index) =>
      button.setAttribute("aria-pressed", String(chosenNames().includes(names[index]))),
    );
  buttons.forEach((button, index) =>
    button.addEventListener("click", () => {
      const others = chosenNames().filter((name) => name !== names[index]);
      const added = others.length === chosenNames().length ? [names[index]] : [];
      setInputValue(input, [...(allowsSeveral ? others : []), ...added].join(", "));
      showPressed();
    }),
  );
  showPressed();
  container.hidden = names.length === 0;
  findElement(".offer", container).replaceChildren(...buttons);
}
