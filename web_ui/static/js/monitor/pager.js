// The two buttons that page through the job list, and the text beside them.

import { findElement } from "../base/dom.js";
import { onPress, setResting } from "../base/resting.js";

/** @param {{total: number, offset: number, numShown: number, pageSize: number}} list */
export function showPager({ total, offset, numShown, pageSize }) {
  findElement("#pager").hidden = total <= pageSize;
  findElement("#pager-text").textContent =
    `${offset + 1} to ${offset + numShown} of ${total.toLocaleString("en")}`;
  setResting(findElement("#pager-back"), offset === 0);
  setResting(findElement("#pager-on"), offset + numShown >= total);
}

/** @param {(direction: -1 | 1) => void} turnPage towards newer (-1) or older jobs */
export function onPagerPress(turnPage) {
  onPress(findElement("#pager-back"), () => turnPage(-1));
  onPress(findElement("#pager-on"), () => turnPage(1));
}
