// Converts between the texts of form inputs and the values of the API.

/** @typedef {Record<string, any>} Json */

/**
 * Convert the text of an input to the value of its field. Text that is not a number stays text: the service
 * then explains the error.
 * @param {{kind: string, nullable: boolean}} field
 * @param {string} text
 * @returns {unknown}
 */
export function parseControl(field, text) {
  const trimmed = text.trim();
  if (trimmed === "" && field.nullable) return null;
  if (field.kind === "boolean") return trimmed === "true";
  if (field.kind === "list")
    return trimmed
      .split(",")
      .map((part) => part.trim())
      .filter(Boolean);
  if (field.kind !== "integer" && field.kind !== "number") return text;
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}

/** @param {unknown} value */
export function valueToText(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {unknown} left @param {unknown} right */
export const isEqual = (left, right) => JSON.stringify(left ?? null) === JSON.stringify(right ?? null);

/**
 * Turn dotted paths into nested objects: {"rendering.mode": "base"} -> {rendering: {mode: "base"}}.
 * @param {Json} flat
 * @returns {Json}
 */
export function nestPaths(flat) {
  /** @type {Json} */
  const result = {};
  for (const [path, value] of Object.entries(flat)) {
    const keys = path.split(".");
    const last = /** @type {string} */ (keys.pop());
    let target = result;
    for (const key of keys) target = target[key] ??= {};
    target[last] = value;
  }
  return result;
}

/** @param {Json} object @param {string} path */
export const valueAtPath = (object, path) =>
  path.split(".").reduce((/** @type {any} */ part, key) => part?.[key], object);

/**
 * Turn nested objects into dotted paths: {rendering: {mode: "base"}} -> {"rendering.mode": "base"}.
 * @param {Json} object
 * @returns {Json}
 */
export function flattenPaths(object, prefix = "") {
  const parts = Object.entries(object).map(([name, value]) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? flattenPaths(value, `${prefix}${name}.`)
      : { [prefix + name]: value },
  );
  return Object.assign({}, ...parts);
}
