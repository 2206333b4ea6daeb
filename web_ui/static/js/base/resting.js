// Buttons that rest: they ignore presses for a while, and keep the focus.

/**
 * Call an action at each press of a button, except while the button rests.
 * @param {HTMLElement} button
 * @param {() => void} action
 */
export function onPress(button, action) {
  button.addEventListener("click", () => button.ariaDisabled === "true" || action());
}

/**
 * Let a button rest, or end its rest. A hidden or disabled button would lose the focus.
 * @param {HTMLElement} button
 * @param {boolean} isResting
 */
export function setResting(button, isResting) {
  button.ariaDisabled = String(isResting);
}
