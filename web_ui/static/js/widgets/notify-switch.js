// Notifications of the browser: the switch in the header asks for the permission, and a hidden page shows them.

import { findElement } from "../base/dom.js";
import { toast } from "./notify.js";

const STORAGE_KEY = "deepsynth_notify";
const button = findElement("#notify-switch");
// Browsers offer notifications to https:// and to this machine only.
const isOffered = "Notification" in window && window.isSecureContext;
const isOn = () =>
  isOffered && Notification.permission === "granted" && localStorage.getItem(STORAGE_KEY) === "on";

function showSwitch() {
  button.hidden = !isOffered;
  button.setAttribute("aria-pressed", String(isOn()));
  findElement("use", button).setAttribute("href", isOn() ? "#icon-bell" : "#icon-bell-off");
}

/** @param {boolean} isWanted */
function setNotify(isWanted) {
  localStorage.setItem(STORAGE_KEY, isWanted ? "on" : "off");
  showSwitch();
}

button.addEventListener("click", async () => {
  if (isOn()) {
    setNotify(false);
    return;
  }
  if ((await Notification.requestPermission()) === "granted") {
    setNotify(true);
    toast("This browser notifies you when a job ends and no page of DeepSynth is in view.");
  } else
    toast("The browser blocks notifications of this address. Allow them in the browser's settings.", "bad");
});
window.addEventListener("storage", ({ key }) => {
  if (key === STORAGE_KEY) showSwitch();
});
showSwitch();

/**
 * Show a notification of the browser, if the user wants them and the page is hidden.
 * @param {{title: string, body: string, tag: string, href: string}} message `tag`: of several tabs with the same
 *   tag, the last one's notification replaces the others'
 */
export function notifyHidden({ title, body, tag, href }) {
  if (!document.hidden || !isOn()) return;
  try {
    const notification = new Notification(title, { body, tag });
    notification.addEventListener("click", () => {
      window.focus();
      location.assign(href);
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    setNotify(false);
    toast("This browser shows no notifications of pages, so they are off.", "bad");
  }
}
