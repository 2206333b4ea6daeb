// Turns the API's JSON schemas into a flat list of form fields, so that a setting is described in one place: its pydantic model.

/**
 * @typedef {object} Field
 * @property {string} path dotted: rendering.mode
 * @property {string} description
 * @property {"choice" | "integer" | "number" | "boolean" | "list" | "text"} kind
 * @property {boolean} isNullable
 * @property {string[]} options
 * @property {number | undefined} minimum
 * @property {number | undefined} maximum
 * @property {unknown} initial
 */

/** @typedef {Record<string, any>} Json */

/**
 * Follow a reference such as #/components/schemas/DatasetConfig.
 * @param {Json} document
 * @param {Json} schema
 * @returns {Json}
 */
export function resolved(document, schema) {
  if (!schema.$ref) return schema;
  const target = schema.$ref.split("/").slice(1).reduce((/** @type {Json} */ part, /** @type {string} */ key) => part?.[key], document);
  if (!target) throw new Error(`the API describes no ${schema.$ref}`);
  const { $ref: _, ...rest } = schema;
  return { ...resolved(document, target), ...rest };
}

/**
 * List the fields of one schema, nested objects flattened, in the schema's own order.
 * A choice between objects (a source) is left out: it has its own picker.
 * @param {Json} document the OpenAPI document
 * @param {string} name
 * @param {string} [prefix] put before each path, such as "source."
 * @returns {Field[]}
 */
export function fieldsOf(document, name, prefix = "") {
  return walk(document, { $ref: `#/components/schemas/${name}` }, prefix);
}

/**
 * @param {Json} document
 * @param {Json} schema
 * @param {string} prefix
 * @returns {Field[]}
 */
function walk(document, schema, prefix) {
  const properties = Object.entries(resolved(document, schema).properties ?? {});
  return properties.flatMap(([name, property]) => {
    const path = prefix + name;
    const { core, isNullable } = withoutNull(document, resolved(document, property));
    if (core.oneOf || core.anyOf) return [];
    if (core.properties) return isNullable ? [] : walk(document, core, `${path}.`);
    return [describe(path, { ...core, ...pick(property, ["description", "default"]) }, isNullable)];
  });
}

/** @param {Json} document @param {Json} schema */
function withoutNull(document, schema) {
  const options = schema.anyOf ?? [];
  const kept = options.filter((/** @type {Json} */ option) => option.type !== "null");
  if (kept.length !== 1 || kept.length === options.length) return { core: schema, isNullable: false };
  return { core: { ...resolved(document, kept[0]), ...pick(schema, ["description", "default"]) }, isNullable: true };
}

/** @param {Json} from @param {string[]} names */
const pick = (from, names) => Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));

/** @param {string} path @param {Json} schema @param {boolean} isNullable @returns {Field} */
function describe(path, schema, isNullable) {
  const options = (schema.enum ?? (schema.const === undefined ? [] : [schema.const])).map(String);
  /** @type {Record<string, Field["kind"]>} */
  const kinds = { integer: "integer", number: "number", boolean: "boolean", array: "list" };
  return {
    path,
    description: schema.description ?? "",
    kind: options.length ? "choice" : (kinds[schema.type] ?? "text"),
    isNullable,
    options,
    minimum: schema.minimum ?? schema.exclusiveMinimum,
    maximum: schema.maximum ?? schema.exclusiveMaximum,
    initial: "default" in schema ? schema.default : isNullable ? null : "",
  };
}

/**
 * Read a control's text as the field's value. What is not a number stays text, so that the service can say what is wrong with it.
 * @param {Pick<Field, "kind" | "isNullable">} field
 * @param {string} text
 * @returns {unknown}
 */
export function parse(field, text) {
  const trimmed = text.trim();
  if (trimmed === "" && field.isNullable) return null;
  if (field.kind === "boolean") return trimmed === "true";
  if (field.kind === "list") return trimmed.split(",").map((part) => part.trim()).filter(Boolean);
  if (field.kind !== "integer" && field.kind !== "number") return text;
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}

/** @param {unknown} value */
export function shown(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {unknown} left @param {unknown} right */
export const same = (left, right) => JSON.stringify(left ?? null) === JSON.stringify(right ?? null);

/**
 * Put dotted paths back into objects: {"rendering.mode": "base"} -> {rendering: {mode: "base"}}.
 * @param {Record<string, unknown>} flat
 * @returns {Json}
 */
export function nested(flat) {
  /** @type {Json} */
  const result = {};
  for (const [path, value] of Object.entries(flat)) {
    const keys = path.split(".");
    const last = /** @type {string} */ (keys.pop());
    let place = result;
    for (const key of keys) place = place[key] ??= {};
    place[last] = value;
  }
  return result;
}

/** @param {Json} object @param {string} path */
export const at = (object, path) => path.split(".").reduce((/** @type {any} */ part, key) => part?.[key], object);

/**
 * The way back: {rendering: {mode: "base"}} -> {"rendering.mode": "base"}.
 * @param {Json} object
 * @returns {Record<string, unknown>}
 */
export function flattened(object, prefix = "") {
  const parts = Object.entries(object).map(([name, value]) =>
    value && typeof value === "object" && !Array.isArray(value) ? flattened(value, `${prefix}${name}.`) : { [prefix + name]: value });
  return Object.assign({}, ...parts);
}
