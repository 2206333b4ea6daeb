// The same job from a shell and over REST, for copying. Pure.

/**
 * Quote one word for a POSIX shell.
 * @param {unknown} value
 */
export function quoteForShell(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * @param {{preset: string, dataset: string, model: string, output: string}} chosen
 * @param {Record<string, unknown>} changes what differs from the preset
 * @param {string} workspace its folder
 */
export function formatTrainCommand({ dataset, model, preset, output }, changes, workspace) {
  const settings = Object.entries(changes).map(([name, value]) => `--set ${name}=${quoteForShell(value)}`);
  return [
    "deepsynth train",
    `--dataset ${quoteForShell(dataset)}`,
    `--model ${quoteForShell(model)}`,
    `--preset ${quoteForShell(preset)}`,
    `--output ${quoteForShell(output)}`,
    ...settings,
    `--workspace ${quoteForShell(workspace)}`,
  ].join(" ");
}

/**
 * @param {string} address of the endpoint
 * @param {unknown} body
 * @param {boolean} needsToken whether the service asks for its token; the shell puts it in, so that it is on no screen
 */
export function formatCurlCommand(address, body, needsToken) {
  const token = needsToken ? ` \\\n  -H "Authorization: Bearer $DEEPSYNTH_API_TOKEN"` : "";
  return `curl -X POST ${quoteForShell(address)} \\\n  -H 'Content-Type: application/json'${token} \\\n  -d ${quoteForShell(JSON.stringify(body))}`;
}
