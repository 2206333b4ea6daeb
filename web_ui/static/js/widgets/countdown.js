// Counts the seconds to a moment in the text of an element, and then does something.

/**
 * Count down. A hidden page waits with the end until it is looked at; the countdown ends when its element is removed.
 * @param {HTMLElement} element whose text is written each second
 * @param {number} endMs since 1970
 * @param {(leftS: number) => string} words
 * @param {() => void} onEnd
 * @returns {() => void} stops it
 */
export function countDown(element, endMs, words, onEnd) {
  let wasConnected = false;
  const timer = setInterval(tick, 1000);
  const stop = () => clearInterval(timer);
  function tick() {
    if (wasConnected && !element.isConnected) return stop();
    wasConnected ||= element.isConnected;
    const leftS = Math.max(0, Math.ceil((endMs - Date.now()) / 1000));
    element.textContent = words(leftS);
    if (leftS > 0 || document.hidden) return;
    stop();
    onEnd();
  }
  tick();
  return stop;
}
