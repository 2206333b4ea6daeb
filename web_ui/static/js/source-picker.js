// Where the documents come from: sample, file or Hub; and which columns hold what, shown on real rows.

import { ApiError, get, post } from "./api.js";
import { all, control, debounce, make, one } from "./dom.js";
import { FieldSet } from "./fields.js";
import { fieldsOf } from "./schema.js";
import { takesFiles } from "./upload.js";

/** @typedef {{columns: string[], suggestion: Record<string, string | null>, rows: Record<string, unknown>[], splits?: Record<string, number | null> | string[], configs?: string[]}} Inspection */

const SCHEMAS = { sample: "SampleSource", files: "FilesSource", hub: "HubSource" };
const ROLES = ["document", "summary"];

export class SourcePicker {
  /**
   * @param {HTMLElement} form
   * @param {Record<string, any>} openapi
   * @param {() => void} onChange
   */
  constructor(form, openapi, onChange) {
    this.form = form;
    this.onChange = onChange;
    /** @type {Record<string, FieldSet>} */
    this.sets = {};
    for (const [kind, schema] of Object.entries(SCHEMAS)) {
      const fields = fieldsOf(openapi, schema, "source.").filter((field) => field.path !== "source.kind");
      this.sets[kind] = new FieldSet(one(`#source-${kind} .fields`, form), fields);
    }
    const path = control('[name="source.path"]', form);
    path.setAttribute("list", "uploads");
    takesFiles(one("#drop", form), (stored) => {
      path.value = stored;
      path.dispatchEvent(new Event("input", { bubbles: true }));
    });
    this.lookUp = debounce(() => void this.#lookUp(), 500);
    this.seen = "";
    one("#source", form).addEventListener("input", () => this.refresh());
    one("#columns", form).addEventListener("input", () => this.#markColumns());
  }

  get kind() {
    return control('[name="source_kind"]:checked', this.form).value;
  }

  value() {
    return { kind: this.kind, ...this.sets[this.kind].values().source };
  }

  /** Whether enough is given to look at the source. */
  get isNamed() {
    return this.kind === "sample" || Boolean(control(`[name="source.${this.kind === "hub" ? "id" : "path"}"]`, this.form).value.trim());
  }

  /** Whether enough is given to draw its documents. */
  get isComplete() {
    return this.kind === "sample" || (this.isNamed && Boolean(this.columns().document));
  }

  refresh() {
    for (const kind of Object.keys(SCHEMAS)) one(`#source-${kind}`, this.form).hidden = kind !== this.kind;
    if (this.kind === "files") void this.#listUploads();
    this.lookUp();
  }

  async #listUploads() {
    const { uploads } = await get("/uploads");
    one("#uploads").replaceChildren(...uploads.map((/** @type {{path: string}} */ { path }) => make("option", { value: path })));
  }

  async #lookUp() {
    const source = this.value();
    if (!this.isNamed || JSON.stringify(source) === this.seen) return;
    this.seen = JSON.stringify(source);
    const note = one("#source-note", this.form);
    if (this.kind === "sample") {
      one("#columns", this.form).hidden = true;
      note.textContent = "";
      return this.onChange();
    }
    note.textContent = "Looking at the first rows…";
    try {
      this.#showRows(await post("/dataset/inspect", { source }));
      note.textContent = "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      one("#columns", this.form).hidden = true;
      note.textContent = [error.message, error.hint].filter(Boolean).join(" ");
    }
    this.onChange();
  }

  /** @param {Inspection} inspection */
  #showRows({ columns, suggestion, rows, splits }) {
    one("#columns", this.form).hidden = false;
    for (const role of ROLES) {
      const select = control(`[name="columns.${role}"]`, this.form);
      const wanted = columns.includes(select.value) ? select.value : (suggestion[role] ?? "");
      select.replaceChildren(make("option", { value: "" }, "(choose)"), ...columns.map((column) => make("option", { value: column }, column)));
      select.value = wanted;
    }
    const head = make("tr", {}, ...columns.map((column) => make("th", { scope: "col", "data-column": column }, column)));
    const body = rows.slice(0, 4).map((row) => make("tr", {}, ...columns.map((column) => make("td", { "data-column": column }, make("div", {}, String(row[column] ?? ""))))));
    one("#rows", this.form).replaceChildren(make("table", { class: "rows" }, make("thead", {}, head), make("tbody", {}, ...body)));
    const named = Array.isArray(splits) ? splits : Object.entries(splits ?? {}).map(([name, rowsIn]) => (rowsIn === null ? name : `${name} (${rowsIn.toLocaleString("en")} rows)`));
    one("#splits-note", this.form).textContent = named.length ? `Splits: ${named.join(", ")}` : "";
    this.#markColumns();
  }

  #markColumns() {
    for (const cell of all("[data-column]", one("#rows", this.form))) {
      for (const role of ROLES) cell.classList.toggle(`is-${role}`, cell.dataset.column === control(`[name="columns.${role}"]`, this.form).value);
    }
  }

  /** The columns as the API wants them; null where the source has its own. */
  columns() {
    return Object.fromEntries(ROLES.map((role) => [role, (this.kind !== "sample" && control(`[name="columns.${role}"]`, this.form).value) || null]));
  }
}
