// The measures of a summary beside ROUGE, as evaluation/measures/registry.py describes them.

/** @typedef {{label: string, note: string, better: string, is_percent: boolean, unit: string}} Measure */

/** Key -> how it is shown, in that order. @type {Record<string, Measure>} */
export const MEASURES = JSON.parse(document.body.dataset.measures ?? "{}");

/** @param {string} key @param {number} value a fraction, a number of words, or a ratio */
export function formatMeasure(key, value) {
  const { is_percent: isPercent, unit } = MEASURES[key];
  return `${isPercent ? (value * 100).toFixed(1) : value.toFixed(2)}${unit}`;
}
