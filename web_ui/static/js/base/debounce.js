// Calls an action once its triggers have stopped.

/**
 * Call `action` once the calls have stopped coming for a while.
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
