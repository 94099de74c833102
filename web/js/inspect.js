// @ts-check
/**
 * Wires the inspector. These names are stable, tests and other programs may rely on them:
 *
 *   body[data-ready]                present once the page is wired and the verifier is loaded or known to be missing
 *   [data-example]                  buttons that fill in an example: "accepted", "refused" or "broken"
 *   #artefact-form                  #artefact (what is pasted) and #explain; #explain-last takes this tab's last response
 *   #guess[role=status]             what the paste was taken for, in a sentence; data-kind: "done", or "error" where it is nothing that is
 *                                   known, or breaks; #show-break leads to where
 *   #explanation                    hidden until there is one
 *     #tree [role=treeitem]         data-name or data-artefact; data-at, data-length in its artefact; data-broken where
 *                                   it breaks; data-problem where something is wrong
 *     #selection                    which bytes are chosen, in a sentence
 *     #bytes                        data-artefact, data-at, data-length of what is chosen; its bytes are in <mark>
 *   #judged                         the verdict in a sentence that leads to it, where there is one
 *   #verdict                        hidden until there is one; data-accepted: "true" or "false"; data-code and
 *                                   data-step of a rejection; data-agrees: does the page judge as the server did?
 *     #verdict-title  #verdict-summary  #comparison
 *     #trace > li                   data-step, data-slug, data-outcome: "pass", "fail" or "skip"
 *     #notes > li                   what the verifier noticed without judging
 *     #check-json  #verdict-json    the check that was run and its verdict; #copy-check, #copy-verdict
 *   #verifier-missing               shown when the verifier does not run here, with the reason
 */

import { compare } from "./compare.js";
import { EXAMPLES } from "./examples.js";
import { HexView } from "./hex.js";
import { lastRecord } from "./record.js";
import { showVerdict } from "./trace.js";
import { Tree } from "./tree.js";
import { VerifierUnavailable, inspect, loadInspector, verify } from "./verifier.js";

const artefact = /** @type {HTMLTextAreaElement} */ (element("artefact"));
const guess = element("guess");
const bytes = element("bytes");
const hex = new HexView(bytes);
const tree = new Tree(element("tree"), showBytes);

/** @param {import("./tree.js").Choice} choice */
function showBytes({ artefact: name, bytes: shown, at, length }) {
  hex.show(shown, at, at + length);
  bytes.dataset.artefact = name;
  bytes.dataset.at = String(at);
  bytes.dataset.length = String(length);
  const last = at + length - 1;
  const place = length === 0 ? `at ${at}` : length === 1 ? `${at}` : `${at} to ${last}`;
  element("selection").textContent = `${place} of ${shown.length} in the ${name}`;
}

async function explain() {
  const text = artefact.value;
  try {
    const dump = await inspect(text);
    const { artefact: kind, encoding, embedded, cut, certain } = dump.guess;
    const guessed = `${certain ? "Taken for" : "Perhaps"}: ${kind} in ${encoding}${cut ? ", cut within a byte" : ""}${embedded ? ", found within other text" : ""}.`;
    element("explanation").hidden = false;
    tree.show(dump.artefacts);
    showBreak(kind, guessed, dump.artefacts);
  } catch (error) {
    showVerifierMissing(error);
    say("error", "It could not be explained: the verifier does not run here.");
    return;
  }
  await judge(text).catch(showVerifierMissing);
}

/** What the inspector calls bytes of which it knows nothing, and prose. */
const UNKNOWN = ["unknown bytes", "text, not bytes"];

/**
 * Says what the paste was taken for, and where it breaks: the colour is that of the outcome.
 *
 * @param {string} kind
 * @param {string} guessed
 * @param {import("./verifier.js").DumpNode[]} nodes
 */
function showBreak(kind, guessed, nodes) {
  const broken = firstBreak(nodes);
  element("to-break").hidden = broken === null;
  if (broken !== null) {
    const where = broken.at === undefined ? "" : ` at byte ${broken.at}`;
    say("error", `${guessed} It breaks${where}: ${broken.broken}.`);
    element("show-break").textContent = "Show where it breaks";
  } else if (UNKNOWN.includes(kind)) {
    say("error", "This is nothing that WebAuthn sends, as far as can be told. Below are its bytes as they are.");
  } else {
    say("done", guessed);
  }
}

/**
 * @param {import("./verifier.js").DumpNode[]} nodes
 * @returns {import("./verifier.js").DumpNode | null}
 */
function firstBreak(nodes) {
  for (const node of nodes) {
    const found = node.broken !== undefined ? node : firstBreak(node.fields ?? []);
    if (found) return found;
  }
  return null;
}

function goToBreak() {
  const row = document.querySelector("#tree [data-broken]");
  if (!(row instanceof HTMLElement)) return;
  for (let list = row.closest("ul"); list && list.id !== "tree"; list = list.parentElement?.closest("ul") ?? null) {
    const parent = list.previousElementSibling;
    if (parent?.getAttribute("aria-expanded") === "false") parent.setAttribute("aria-expanded", "true");
  }
  row.click();
  row.focus();
  row.scrollIntoView({ block: "center" });
}

/**
 * Runs the check that a text is, or the one that this tab's last ceremony was of where it is its response. What is
 * pasted is judged here alone: it never changes what is kept of the sign-in.
 *
 * @param {string} text
 */
async function judge(text) {
  const pasted = parse(text);
  const last = lastRecord();
  const lastJson = last && JSON.stringify(last.check, null, 2);
  let check = null;
  let problem;
  if (last && (text === lastJson || (pasted?.id && isSame(pasted, last.check.response)))) {
    check = lastJson;
    ({ problem } = last);
  } else if (pasted?.kind && pasted?.response) {
    check = text;
  }
  if (check === null) {
    element("verdict").hidden = true;
    element("judged").hidden = true;
    return;
  }
  const verdict = await verify(check);
  const { comparison, agrees } =
    problem === undefined
      ? { comparison: "Checked in this page alone; nothing was sent.", agrees: true }
      : compare(verdict, problem);
  showVerdict({ verdict, check, comparison, agrees, taken: !problem });
  element("check-json").textContent = check;
  element("verdict-json").textContent = JSON.stringify(verdict, null, 2);
  element("to-verdict").textContent = element("verdict-title").textContent;
  element("judged").dataset.accepted = String(verdict.accepted);
  element("judged").hidden = false;
}

/**
 * Whether two responses are of the same ceremony: each has a challenge of its own in its client data.
 *
 * @param {any} one
 * @param {any} other
 */
function isSame(one, other) {
  const { clientDataJSON } = one.response ?? {};
  return one.id === other.id && clientDataJSON !== undefined && clientDataJSON === other.response.clientDataJSON;
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function explainLast() {
  const last = lastRecord();
  if (last === null) return;
  artefact.value = JSON.stringify(last.check, null, 2);
  await explain();
}

/**
 * @param {string} source
 * @param {string} what
 */
async function copy(source, what) {
  try {
    await navigator.clipboard.writeText(element(source).textContent ?? "");
    say("done", `${what} copied.`);
  } catch {
    getSelection()?.selectAllChildren(element(source));
    say("done", `The browser did not let this page copy. ${what} is selected: copy it with the keyboard.`);
  }
}

/**
 * @param {"done" | "error"} kind
 * @param {string} sentence
 */
function say(kind, sentence) {
  guess.dataset.kind = kind;
  guess.textContent = sentence;
}

/** @param {unknown} error */
function showVerifierMissing(error) {
  const notice = element("verifier-missing");
  notice.textContent = error instanceof VerifierUnavailable ? error.message : `The verifier failed (${error}).`;
  notice.hidden = false;
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

element("artefact-form").addEventListener("submit", (event) => {
  event.preventDefault();
  explain();
});
// The pasted text stands in the field only after the event.
artefact.addEventListener("paste", () => setTimeout(explain));
element("explain-last").addEventListener("click", explainLast);
element("open-all").addEventListener("click", () => tree.openAll());

element("show-break").addEventListener("click", goToBreak);
element("copy-check").addEventListener("click", () => copy("check-json", "The check"));
element("copy-verdict").addEventListener("click", () => copy("verdict-json", "The verdict"));
for (const button of document.querySelectorAll("[data-example]")) {
  button.addEventListener("click", () => {
    artefact.value = EXAMPLES[/** @type {HTMLElement} */ (button).dataset.example ?? ""] ?? "";
    explain();
  });
}

element("explain-last").hidden = lastRecord() === null;
try {
  element("verifier-version").textContent = (await loadInspector()).version();
  if (location.hash === "#last") {
    await explainLast();
    element("verdict-title").scrollIntoView();
  }
} catch (error) {
  showVerifierMissing(error);
}
document.body.dataset.ready = "";
