// @ts-check
/**
 * Wires the inspector. These names are stable, tests and other programs may rely on them:
 *
 *   body[data-ready]                present once the page is wired and the verifier is loaded or known to be missing
 *   #artefact-form                  #artefact (what is pasted) and #explain; #explain-last takes this tab's last response
 *   #guess[role=status]             what the paste was taken for, in a sentence; data-kind: "done" or "error"
 *   #explanation                    hidden until there is one
 *     #tree [role=treeitem]         data-name or data-artefact; data-at, data-length in its artefact; data-broken where
 *                                   it breaks; data-problem where something is wrong
 *     #selection                    which bytes are chosen, in a sentence
 *     #bytes                        data-artefact, data-at, data-length of what is chosen; its bytes are in <mark>
 *   #judged                         the verdict in a sentence that leads to it, where there is one
 *   #verdict, #trace > li           as on the first page, where the paste is a check or this tab's last response
 *   #verifier-missing               shown when the verifier does not run here, with the reason
 */

import { HexView } from "./hex.js";
import { lastCheck } from "./session.js";
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
    const { artefact: kind, encoding, embedded, cut } = dump.guess;
    say("done", `Taken for: ${kind} in ${encoding}${cut ? ", cut within a byte" : ""}${embedded ? ", found within other text" : ""}.`);
    element("explanation").hidden = false;
    tree.show(dump.artefacts);
  } catch (error) {
    showVerifierMissing(error);
    say("error", "It could not be explained: the verifier does not run here.");
    return;
  }
  await judge(text).catch(showVerifierMissing);
}

/**
 * Runs the check that a text is, or the one that this tab's last ceremony was of where it is its response.
 *
 * @param {string} text
 */
async function judge(text) {
  const pasted = parse(text);
  const last = parse(lastCheck() ?? "");
  let check = null;
  let comparison = "Checked in this page alone; nothing was sent.";
  if (pasted?.kind && pasted?.response) {
    check = text;
  } else if (pasted?.id && last?.response && isSame(pasted, last.response)) {
    check = JSON.stringify(last);
    comparison = "The last response of this tab, checked with what the page knew then.";
  }
  element("verdict").hidden = check === null;
  element("judged").hidden = check === null;
  if (check === null) return;
  showVerdict({ verdict: await verify(check), check, comparison, agrees: true, taken: true });
  element("to-verdict").textContent = element("verdict-title").textContent;
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

function explainLast() {
  const check = lastCheck();
  if (check === null) return;
  artefact.value = check;
  explain();
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

element("explain-last").hidden = lastCheck() === null;
try {
  element("verifier-version").textContent = (await loadInspector()).version();
  if (location.hash === "#last") explainLast();
} catch (error) {
  showVerifierMissing(error);
}
document.body.dataset.ready = "";
