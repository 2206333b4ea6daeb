// Buttons that rest for a while: they do nothing, and keep the focus.

/**
 * Do something at each press of a button, except while it rests.
 * @param {HTMLElement} button
 * @param {() => void} action
 */
export function onPress(button, action) {
  button.addEventListener("click", () => button.ariaDisabled === "true" || action());
}

/** Let a button do nothing for a while, and keep the focus, which hiding or disabling it would lose. @param {HTMLElement} button @param {boolean} isResting */
export function setResting(button, isResting) {
  button.ariaDisabled = String(isResting);
}
