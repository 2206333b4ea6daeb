// Formats numbers, sizes and times for people. Pure functions.

const integerFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compactFormat = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** @param {number | null | undefined} value */
export const formatCount = (value) =>
  value === null || value === undefined ? "–" : integerFormat.format(value);

/** @param {number | null | undefined} value */
export const formatCompact = (value) =>
  value === null || value === undefined ? "–" : compactFormat.format(value);

/**
 * Format a measured value with four significant digits.
 * @param {number | null | undefined} value
 */
export function formatNumber(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2);
  return size >= 1000 ? integerFormat.format(value) : String(Number(value.toPrecision(4)));
}

/**
 * Format a tick of a logarithmic axis: 1e-7 to 1e-4 with an exponent, which keeps small values apart; a tick without a
 * value (null) has no text.
 * @param {number | null} value
 */
export function formatLogTick(value) {
  if (value === null) return "";
  return value < 0.001 || value >= 1e6 ? value.toExponential().replace("e+", "e") : String(value);
}

/**
 * Format a metric: ROUGE (0 to 100) with one decimal, every other one with four significant digits.
 * @param {string} name of the metric, or its title
 * @param {number | null | undefined} value
 */
export const formatMetric = (name, value) =>
  /rouge/i.test(name) && typeof value === "number" ? value.toFixed(1) : formatNumber(value);

/**
 * Describe the values that were chosen for the pages of a document: font size px 14, alignment left.
 * @param {Record<string, unknown>} style
 */
export const describeStyle = (style) =>
  Object.entries(style)
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${value ?? "none"}`)
    .join(", ");

/**
 * Format an error rate as a percentage with two decimals.
 * @param {number} rate 0 to 1
 */
export const formatErrorRate = (rate) => `${(rate * 100).toFixed(2)}%`;

/** Format a difference of two scores in points, with its sign. @param {number} difference -1 to 1 */
export function formatPoints(difference) {
  const text = (difference * 100).toFixed(1);
  return Number(text) === 0 ? "0.0" : `${difference > 0 ? "+" : ""}${text}`;
}

/** @param {number | null | undefined} sizeBytes */
export function formatBytes(sizeBytes) {
  if (sizeBytes === null || sizeBytes === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = sizeBytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** @param {number | null | undefined} seconds */
export function formatDuration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60 ? `${whole % 60} s` : ""}`.trim();
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** Format an estimated duration, rounded to minutes. @param {number | null | undefined} seconds */
export const formatRoughDuration = (seconds) =>
  formatDuration(seconds && seconds >= 60 && seconds < 3600 ? Math.round(seconds / 60) * 60 : seconds);

const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });
/** @type {Record<string, string>} */
const ORDINAL_ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };

/** Format a place in a row: 1st, 2nd, 3rd, 4th. @param {number} place from 1 */
export const formatOrdinal = (place) => `${place}${ORDINAL_ENDINGS[ORDINALS.select(place)]}`;

/** Format a compression: text tokens per vision token. @param {number} ratio */
export const formatCompression = (ratio) => `${Number(ratio.toPrecision(3))}×`;

/**
 * @param {string | null | undefined} time ISO, UTC
 * @param {number} [nowMs]
 */
export function formatAge(time, nowMs = Date.now()) {
  if (!time) return "";
  const seconds = (nowMs - Date.parse(time)) / 1000;
  if (seconds >= 172800) return `${Math.floor(seconds / 86400)} days ago`;
  return seconds < 10
    ? "just now"
    : `${formatDuration(seconds < 3600 ? Math.floor(seconds / 60) * 60 || seconds : seconds)} ago`;
}

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const timeFormat = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/**
 * Format a time in the time zone of the browser, with its day unless it is today.
 * @param {Date} time
 * @param {Date} [now]
 */
export const formatTime = (time, now = new Date()) =>
  time.toDateString() === now.toDateString()
    ? timeFormat.format(time)
    : `${dayFormat.format(time)}, ${timeFormat.format(time)}`;

/**
 * Format a moment to the minute, with the day if it is another one.
 * @param {Date} time
 * @param {Date} [now]
 */
export const formatMinute = (time, now = new Date()) => formatTime(time, now).slice(0, -3);

/**
 * Format a share as whole percent, rounded down: unfinished work never shows 100%.
 * The small addend corrects floating-point errors: 0.29 * 100 is less than 29.
 * @param {number | null | undefined} share 0 to 1
 */
export const formatPercent = (share) =>
  share === null || share === undefined ? "–" : `${Math.floor(share * 100 + 1e-9)}%`;

/**
 * Turn the name of a field into a readable label: num_train_epochs -> Num train epochs.
 * @param {string} name
 */
export function humanizeName(name) {
  const text = name.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
