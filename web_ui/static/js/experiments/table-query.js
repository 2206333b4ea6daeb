// What the table of experiments shows, its form in the address, and the rows that it selects. Pure.

/** @typedef {import("../base/api-types.js").Experiment} Experiment */
/** @typedef {import("./columns.js").Column} Column */

export const MAX_COMPARED = 8;

/**
 * @typedef {object} TableQuery
 * @property {string} search
 * @property {string} kind
 * @property {string} state
 * @property {string} tag
 * @property {boolean} isStarred only experiments with a star
 * @property {string} sort id of a column
 * @property {boolean} isDescending
 * @property {string[] | null} columns ids of the shown ones; null: the usual ones
 * @property {string[]} compared ids of the ticked experiments
 */

/** @param {URLSearchParams} address @returns {TableQuery} */
export function readTableQuery(address) {
  const text = (/** @type {string} */ name) => address.get(name) ?? "";
  const list = (/** @type {string} */ name) => text(name).split(",").filter(Boolean);
  const sort = text("sort") || "-created";
  return {
    search: text("search"),
    kind: text("kind"),
    state: text("state"),
    tag: text("tag"),
    isStarred: address.has("starred"),
    sort: sort.replace(/^-/, ""),
    isDescending: sort.startsWith("-"),
    columns: address.has("columns") ? list("columns") : null,
    compared: list("compared").slice(0, MAX_COMPARED),
  };
}

/** @param {TableQuery} query @returns {URLSearchParams} without what is as usual */
export function writeTableQuery(query) {
  const sort = `${query.isDescending ? "-" : ""}${query.sort}`;
  const values = {
    search: query.search,
    kind: query.kind,
    state: query.state,
    tag: query.tag,
    starred: query.isStarred ? "1" : "",
    sort: sort === "-created" ? "" : sort,
    compared: query.compared.join(","),
  };
  const address = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
  if (query.columns) address.set("columns", query.columns.join(","));
  return address;
}

/** @param {Experiment} experiment */
const searchedTexts = ({ id, title, dataset, model, preset, annotations }) =>
  [id, title, dataset, model, preset, annotations.name, annotations.note, ...annotations.tags]
    .filter(Boolean)
    .join("\n")
    .toLowerCase();

/** @param {Experiment[]} experiments @param {TableQuery} query */
export function filterExperiments(experiments, { search, kind, state, tag, isStarred }) {
  const text = search.toLowerCase();
  return experiments.filter(
    (one) =>
      (!kind || one.kind === kind) &&
      (!state || one.state === state) &&
      (!tag || one.annotations.tags.includes(tag)) &&
      (!isStarred || one.annotations.is_starred) &&
      (!text || searchedTexts(one).includes(text)),
  );
}

/**
 * Sort by a column; experiments without a value come last, and equal ones stand newest first.
 * @param {Experiment[]} experiments
 * @param {Column} column
 * @param {boolean} isDescending
 */
export function sortExperiments(experiments, column, isDescending) {
  const direction = isDescending ? -1 : 1;
  const keyed = experiments.map((one) => ({ one, value: column.value(one) }));
  keyed.sort((left, right) => {
    if (left.value === null || right.value === null)
      return Number(left.value === null) - Number(right.value === null) || newestFirst(left.one, right.one);
    const order =
      typeof left.value === "string"
        ? left.value.localeCompare(String(right.value), "en", { numeric: true })
        : left.value - Number(right.value);
    return order * direction || newestFirst(left.one, right.one);
  });
  return keyed.map(({ one }) => one);
}

/** @param {Experiment} left @param {Experiment} right */
const newestFirst = (left, right) =>
  left.created < right.created ? 1 : left.created > right.created ? -1 : 0;
