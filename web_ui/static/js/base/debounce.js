// Delays an action until no further call arrives.

/**
 * Call `action` when there was no further call for `waitMs`.
 * @template {unknown[]} Values
 * @param {(...values: Values) => void} action
 * @param {number} waitMs
 */
export function debounce(action, waitMs) {
  let timer = 0;
  return (/** @type {Values} */ ...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), waitMs);
  };
}
