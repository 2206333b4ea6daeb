// The same job from a shell and over REST, for copying. Pure.

/**
 * Quote one word for a POSIX shell.
 * @param {unknown} value
 */
export function quoted(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * @param {{preset: string, dataset: string, model: string, output: string}} chosen
 * @param {Record<string, unknown>} changes what differs from the preset
 */
export function trainCommand({ dataset, model, preset, output }, changes) {
  const settings = Object.entries(changes).map(([name, value]) => `--set ${name}=${quoted(value)}`);
  return ["deepsynth train", `--dataset ${quoted(dataset)}`, `--model ${quoted(model)}`, `--preset ${quoted(preset)}`, `--output ${quoted(output)}`, ...settings].join(" ");
}

/**
 * @param {string} address of the endpoint
 * @param {unknown} body
 */
export function restCall(address, body) {
  return `curl -X POST ${quoted(address)} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}`;
}
