// @ts-check
/**
 * Wires the inspector. These names are stable, tests and other programs may rely on them:
 *
 *   body[data-ready]                present once the page is wired and the verifier is loaded or known to be missing
 *   body[data-busy]                 "true" while something is explained
 *   [data-example]                  buttons that fill in an example: "accepted", "refused" or "broken"
 *   #artefact-form                  #artefact (what is pasted) and #explain; #choose-file, #file; #explain-last takes this
 *                                   tab's last response. A file may be dropped anywhere
 *   #guess[role=status]             what the paste was taken for, in a sentence; data-kind is the outcome: "done", "error", or
 *                                   "notice" where something is missing; #show-break leads to where it breaks
 *   #judged                         the verdict in a sentence that leads to it, where there is one
 *   #diagnosis                      #findings > li, best first: data-code; data-kind: "proven" or "guess"
 *   #policy                         for options: #concerns > li, data-code; data-kind: "stops" or "worries"; #policy-form
 *   #bare                           for a response alone: what the server knew, #bare-rpId and so on, judged at each change
 *   #explanation                    hidden until there is one
 *     #tree [role=treeitem]         data-name or data-artefact; data-at, data-length in its artefact; data-broken where
 *                                   it breaks; data-problem where something is wrong
 *     #selection                    which bytes are chosen, in a sentence
 *     #bytes                        data-artefact, data-at, data-length of what is chosen; its bytes are in <mark>
 *   #verdict                        hidden until there is one; data-accepted: "true" or "false"; data-code and
 *                                   data-step of a rejection; data-agrees: does the page judge as the server did?
 *     #verdict-title  #verdict-summary  #comparison  #show-step
 *     #trace > li                   data-step, data-slug, data-outcome: "pass", "fail" or "skip"
 *     #notes > li                   what the verifier noticed without judging
 *     #check-json  #verdict-json    the check that was run and its verdict; #as-rust, #as-curl: the same to run elsewhere
 *     #copy-check  #copy-verdict  #copy-rust  #copy-curl
 *   #share  #beside  #capture       the link, two responses side by side, a ceremony in this browser
 *   #verifier-missing               shown when the verifier does not run here, with the reason
 *
 * `#text=` in the address holds a text that was shared; `#last` shows this tab's last response.
 */

import { checkOfForm, closeForm, isChallengeItsOwn, openForm, wireForm } from "./bare.js";
import { compared, differs, tableOf } from "./beside.js";
import { askBrowser, buildForm, callOf, checkOf, optionsOf } from "./capture.js";
import { compare } from "./compare.js";
import { element, input, onClick } from "./dom.js";
import { EXAMPLES } from "./examples.js";
import { showFindings } from "./findings.js";
import { HexView } from "./hex.js";
import { find } from "./paste.js";
import { obstacle } from "./portcullis.js";
import { lastRecord } from "./record.js";
import { asCurl, asRust } from "./reproduce.js";
import { TooLong, fragmentOf, isShared, textOf } from "./share.js";
import { reasonOf, showVerdict } from "./trace.js";
import { Tree } from "./tree.js";
import { VerifierUnavailable, diagnose, examine, inspect, loadInspector, verify } from "./verifier.js";
import { speak, words } from "./words.js";

/** @typedef {import("./paste.js").Found} Found */
/** @typedef {import("./verifier.js").Verdict} Verdict */
/** @typedef {import("./verifier.js").DumpNode} DumpNode */

/** Characters that are explained whole: twice the longest body that a host takes. */
const EXPLAINED = 262_144;

/** Those that are explained of a longer text in which nothing was found. */
const BEGINNING = 65_536;

/** Bytes of a file that are read. */
const FILE_MAX = 64 * 1_048_576;

/** What the inspector calls bytes of which it knows nothing, and prose. */
const UNKNOWN = ["unknown bytes", "text, not bytes"];

const artefact = /** @type {HTMLTextAreaElement} */ (element("artefact"));
const guess = element("guess");
const bytes = element("bytes");
const hex = new HexView(bytes);
const tree = new Tree(element("tree"), showBytes);

/**
 * Keys of passkeys that this page has seen registered, by their ids: a sign-in alone is judged with them.
 *
 * @type {Map<string, import("./bare.js").SeenKey>}
 */
const seen = new Map();

/** Counts what was asked for, so that a slow answer never replaces a later one. */
let asked = 0;

/** @param {import("./tree.js").Choice} choice */
function showBytes({ artefact: name, bytes: shown, at, length }) {
  // All of it marked would mark nothing.
  const isAll = length === shown.length;
  hex.show(shown, isAll ? 0 : at, isAll ? 0 : at + length);
  bytes.dataset["artefact"] = name;
  bytes.dataset["at"] = String(at);
  bytes.dataset["length"] = String(length);
  const last = at + length - 1;
  const range = words("inspect.selection_range", { from: at, to: last });
  const place = length === 0 ? words("inspect.selection_none", { at }) : length === 1 ? `${at}` : range;
  element("selection").textContent = words("inspect.selection", { place, length: shown.length, artefact: name });
}

// ---- one text, explained and judged ----

/**
 * @param {string} text
 * @param {Found | null} [found] what is in it
 */
async function explain(text, found = find(text)) {
  asked += 1;
  const mine = asked;
  document.body.dataset["busy"] = "true";
  // Of a log or a HAR only what it holds can be explained.
  const whole = found === null || found.from === "json" ? text : found.text;
  const isLong = whole.length > EXPLAINED;
  try {
    const dump = await inspect(isLong ? whole.slice(0, BEGINNING) : whole);
    if (mine !== asked) return;
    element("explanation").hidden = false;
    tree.show(dump.artefacts);
    showGuess(dump, found, isLong ? whole.length : 0);
    // A check that breaks off is none, and why is said by the same means.
    const isCut = found === null && dump.guess.artefact === "check";
    await judge(text, isCut ? { kind: "check", value: null, text: whole, from: "json", context: {} } : found, mine);
  } catch (error) {
    if (mine !== asked) return;
    showVerifierMissing(error);
    say("error", words("inspect.not_explained"));
  } finally {
    if (mine === asked) document.body.dataset["busy"] = "false";
  }
}

/**
 * Says what the paste was taken for, and where it breaks: the colour is that of the outcome.
 *
 * @param {import("./verifier.js").Dump} dump
 * @param {Found | null} found
 * @param {number} length of a text that is too long to be explained whole, else 0
 */
function showGuess({ guess: { artefact: kind, encoding, embedded, cut, certain }, artefacts }, found, length) {
  const taken = words(certain ? "inspect.guess" : "inspect.guess_unsure", { kind, encoding });
  const where = found !== null && found.from !== "json" ? ` ${words(`inspect.found_${found.from}`)}` : "";
  const shortened = length > 0 ? ` ${words("inspect.shortened", { size: sizeOf(length), shown: sizeOf(BEGINNING) })}` : "";
  const embeddedIn = embedded && where === "" ? words("inspect.guess_embedded") : "";
  const sentence = `${taken}${cut ? words("inspect.guess_cut") : ""}${embeddedIn}.${where}${shortened}`;
  const broken = length > 0 ? null : firstBreak(artefacts);
  element("to-break").hidden = broken === null;
  if (broken !== null) {
    const reason = broken.broken ?? "";
    const at = broken.at;
    const why = at === undefined ? words("inspect.breaks", { reason }) : words("inspect.breaks_at", { at, reason });
    say("error", `${sentence} ${why}`);
    element("show-break").textContent = words("inspect.show_break");
  } else if (UNKNOWN.includes(kind)) {
    say("error", `${words("inspect.unknown")}${shortened}`);
  } else {
    say("done", sentence);
  }
}

/** @param {number} length */
const sizeOf = (length) =>
  length < 1_048_576 ? `${Math.ceil(length / 1_024)} KiB` : `${(length / 1_048_576).toFixed(1)} MiB`;

/**
 * @param {DumpNode[]} nodes
 * @returns {DumpNode | null}
 */
function firstBreak(nodes) {
  for (const node of nodes) {
    const found = node.broken !== undefined ? node : firstBreak(node.fields ?? []);
    if (found) return found;
  }
  return null;
}

/**
 * Runs the check that a text is, or the one that this tab's last ceremony was of where it is its response. A response
 * alone gets a form, options are examined. What is pasted is judged here alone: it never changes what is kept of the
 * sign-in.
 *
 * @param {string} text
 * @param {Found | null} found
 * @param {number} mine
 */
async function judge(text, found, mine) {
  const last = lastRecord();
  const lastJson = last && JSON.stringify(last.check, null, 2);
  const isLast = last !== null && (text === lastJson || (found?.kind === "response" && isSame(found.value, last.check.response)));
  for (const id of ["verdict", "judged", "diagnosis", "policy"]) element(id).hidden = true;
  if (isLast && lastJson !== null) {
    closeForm();
    await judgeCheck(lastJson, mine, (verdict) => ({ ...compare(verdict, last.problem), taken: last.problem === null }));
  } else if (found?.kind === "check") {
    closeForm();
    await judgeCheck(found.text, mine, (verdict) => ofCase(found.value, verdict));
  } else if (found?.kind === "response") {
    await openForm(found.value, found.context, seen.get(found.value.id));
    if (mine === asked) await judgeForm(mine);
  } else {
    closeForm();
    if (found?.kind === "options" || found?.kind === "settings") await judgeOptions(found, mine);
  }
}

/** @param {number} mine */
async function judgeForm(mine) {
  await judgeCheck(JSON.stringify(checkOfForm(), null, 2), mine, () => ({
    comparison: words(isChallengeItsOwn() ? "inspect.own_challenge" : "inspect.here_alone"),
    agrees: true,
    taken: true,
  }));
}

/**
 * How a verdict compares with what the server said, where the check is a case that it wrote.
 *
 * @param {any} check
 * @param {Verdict} verdict
 */
function ofCase(check, verdict) {
  const { code, step } = check?.refused ?? {};
  if (code === undefined) return { comparison: words("inspect.here_alone"), agrees: true, taken: true };
  const agrees = code === verdict.code && step === verdict.step;
  const key = agrees ? "inspect.case_agrees" : "inspect.case";
  return { comparison: words(key, { code, step: step ?? "–" }), agrees: true, taken: true };
}

/**
 * @param {string} check
 * @param {number} mine
 * @param {(verdict: Verdict) => {comparison: string, agrees: boolean, taken: boolean}} compareWith
 */
async function judgeCheck(check, mine, compareWith) {
  let verdict = await verify(check);
  // What finds the reason is larger, and loaded where there is one to find.
  if (!verdict.accepted) verdict = await diagnose(check).catch(() => verdict);
  if (mine !== asked) return;
  if (verdict.credential?.id !== undefined) seen.set(verdict.credential.id, keyOf(verdict.credential));
  const title = showVerdict({ verdict, check, ...compareWith(verdict) });
  element("to-verdict").textContent = title;
  element("judged-why").textContent = verdict.accepted ? "" : reasonOf(verdict);
  element("judged").dataset["accepted"] = String(verdict.accepted);
  element("judged").hidden = false;
  const isIncomplete = verdict.code === "credential_missing";
  if (!verdict.accepted) guess.dataset["kind"] = isIncomplete ? "notice" : "error";
  const findings = verdict.diagnosis ?? [];
  showFindings(element("findings"), findings);
  element("diagnosis").hidden = findings.length === 0;
  element("check-json").textContent = check;
  element("verdict-json").textContent = JSON.stringify(verdict, null, 2);
  element("as-rust").textContent = asRust(check, verdict);
  element("as-curl").textContent = asCurl(parse(check));
}

/** @param {{publicKey: string, signCount: number, backupEligible: boolean, backupState: boolean}} credential */
const keyOf = ({ publicKey, signCount, backupEligible, backupState }) => ({
  publicKey,
  signCount,
  backupEligible,
  backupState,
});

/**
 * Examines what options ask for, with what the form says of the rest.
 *
 * @param {Found} found
 * @param {number} mine
 */
async function judgeOptions({ kind, value }, mine) {
  const settings = kind === "settings" ? value : settingsOf(value.publicKey ?? value);
  const { concerns } = await examine(JSON.stringify({ ...said(), ...settings }));
  if (mine !== asked) return;
  const isBad = concerns.some(({ gravity }) => gravity === "stops");
  showFindings(element("concerns"), concerns);
  element("policy-lead").textContent = words(concerns.length === 0 ? "policy.good" : "policy.lead");
  if (concerns.length > 0) guess.dataset["kind"] = isBad ? "error" : "notice";
  element("policy-form").hidden = kind === "settings";
  element("policy").hidden = false;
}

/** @param {any} options */
const settingsOf = (options) =>
  "pubKeyCredParams" in options || "user" in options || "rp" in options
    ? { rpId: options.rp?.id, creation: options }
    : { rpId: options.rpId, request: options };

/** What the form says beside the options. */
function said() {
  const origins = input("policy-origins").value.split(/[\s,]+/).filter(Boolean);
  const life = Number(input("policy-life").value);
  return {
    ...(origins.length > 0 && { origins }),
    ...(life > 0 && { challengeLife: life }),
    passwordless: input("policy-passwordless").checked,
    withoutNames: input("policy-names").checked,
    attestationJudged: input("policy-judged").checked,
  };
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

/** @param {MouseEvent} event */
function goToStep(event) {
  const step = document.querySelector("#trace > [data-outcome='fail']");
  if (!(step instanceof HTMLElement)) return;
  event.preventDefault();
  step.focus();
  step.scrollIntoView({ block: "center" });
}

// ---- where a text comes from ----

/**
 * Takes a text that a person brings. A long one is not put into the field, where a browser would need seconds for it:
 * only what was found in it, or its beginning.
 *
 * @param {string} text
 */
async function take(text) {
  const found = find(text);
  artefact.value = text.length > EXPLAINED ? (found?.text ?? text).slice(0, BEGINNING) : text;
  await explain(text, found);
}

/** @param {Blob} file */
async function takeFile(file) {
  try {
    const content = new Uint8Array(await file.slice(0, FILE_MAX).arrayBuffer());
    await take(asText(content));
  } catch (error) {
    say("error", words("inspect.unreadable", { reason: String(error) }));
  }
}

/** A file of bytes is shown in hexadecimal. @param {Uint8Array} content */
function asText(content) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return Array.from(content.subarray(0, EXPLAINED / 2), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** @param {ClipboardEvent} event */
function onPaste(event) {
  const pasted = event.clipboardData?.getData("text") ?? "";
  if (pasted.length > EXPLAINED) {
    event.preventDefault();
    take(pasted);
  } else {
    // The pasted text is in the field only after the event.
    setTimeout(() => explain(artefact.value));
  }
}

async function explainLast() {
  const last = lastRecord();
  if (last !== null) await take(JSON.stringify(last.check, null, 2));
}

async function explainShared() {
  const text = await textOf(location.hash);
  if (text === null) say("error", words("share.broken"));
  else await take(text);
}

async function followFragment() {
  if (isShared(location.hash)) await explainShared();
  else if (location.hash === "#last") {
    await explainLast();
    element("verdict-title").scrollIntoView();
  }
}

// ---- tools ----

/**
 * @param {string} source
 * @param {string} button
 */
async function copy(source, button) {
  const what = element(button).textContent ?? "";
  try {
    await navigator.clipboard.writeText(element(source).textContent ?? "");
    say(guess.dataset["kind"] ?? "done", words("inspect.copied", { what }));
  } catch {
    const place = element(source);
    const details = place.closest("details");
    if (details) details.open = true;
    getSelection()?.selectAllChildren(place);
    say(guess.dataset["kind"] ?? "done", words("inspect.selected", { what }));
  }
}

async function share() {
  const notice = element("share-said");
  if (artefact.value === "") {
    notice.textContent = words("share.nothing");
    return;
  }
  try {
    history.replaceState(null, "", await fragmentOf(artefact.value));
    await navigator.clipboard.writeText(location.href);
    notice.textContent = words("share.done");
  } catch (error) {
    notice.textContent =
      error instanceof TooLong
        ? words("share.long", { size: sizeOf(artefact.value.length) })
        : words("share.shown");
  }
}

async function besides() {
  const other = /** @type {HTMLTextAreaElement} */ (element("beside-other")).value;
  const notice = element("beside-said");
  const table = element("beside-table");
  const texts = [artefact.value, other].map((text) => (find(text)?.text ?? text).slice(0, EXPLAINED));
  table.hidden = texts.includes("");
  element("beside-filter").hidden = table.hidden;
  if (table.hidden) {
    notice.textContent = words("beside.nothing");
    return;
  }
  try {
    const [one, another] = [await inspect(texts[0] ?? ""), await inspect(texts[1] ?? "")];
    const rows = compared(one.artefacts, another.artefacts);
    const differ = rows.filter(differs).length;
    notice.textContent = words(differ === 0 ? "beside.none" : "beside.said", { differ, count: rows.length });
    table.replaceChildren(tableOf(rows));
    filterBeside();
  } catch (error) {
    showVerifierMissing(error);
  }
}

function filterBeside() {
  element("beside-table").dataset["only"] = String(input("beside-only").checked);
}

/** The ceremony that the browser is asked for. @type {AbortController | null} */
let capturing = null;

async function capture() {
  const form = /** @type {HTMLFormElement} */ (element("capture-form"));
  const notice = element("capture-said");
  const say = (/** @type {string} */ key, /** @type {Record<string, string>} */ values = {}) => {
    notice.textContent = words(`capture.${key}`, values);
  };
  if (obstacle() !== null) return say("impossible");
  const call = callOf(form);
  let options;
  try {
    options = optionsOf(form);
  } catch (error) {
    return say("options", { message: String(error) });
  }
  capturing?.abort();
  capturing = new AbortController();
  element("capture-stop").hidden = false;
  say("waiting");
  try {
    const response = await askBrowser(call, options, capturing.signal);
    say("answered");
    await take(JSON.stringify(checkOf(call, options, response, seen.get(response.id)), null, 2));
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    say("refused", { name, message });
  } finally {
    element("capture-stop").hidden = true;
  }
}

/**
 * @param {string} kind
 * @param {string} sentence
 */
function say(kind, sentence) {
  guess.dataset["kind"] = kind;
  guess.textContent = sentence;
}

/** @param {unknown} error */
function showVerifierMissing(error) {
  const notice = element("verifier-missing");
  notice.textContent =
    error instanceof VerifierUnavailable ? error.message : words("inspect.failed", { reason: String(error) });
  notice.hidden = false;
}

// ---- wiring ----

function wire() {
  element("artefact-form").addEventListener("submit", (event) => {
    event.preventDefault();
    explain(artefact.value);
  });
  artefact.addEventListener("paste", onPaste);
  onClick("explain-last", explainLast);
  onClick("choose-file", () => input("file").click());
  input("file").addEventListener("change", () => {
    const [file] = input("file").files ?? [];
    if (file) takeFile(file);
    input("file").value = "";
  });
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    const [file] = event.dataTransfer?.files ?? [];
    const text = event.dataTransfer?.getData("text") ?? "";
    if (file) takeFile(file);
    else if (text !== "") take(text);
  });
  addEventListener("hashchange", followFragment);

  onClick("open-all", () => tree.openAll());
  onClick("show-break", goToBreak);
  element("show-step").addEventListener("click", goToStep);
  onClick("copy-check", () => copy("check-json", "copy-check"));
  onClick("copy-verdict", () => copy("verdict-json", "copy-verdict"));
  onClick("copy-rust", () => copy("as-rust", "copy-rust"));
  onClick("copy-curl", () => copy("as-curl", "copy-curl"));
  for (const button of document.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => {
      take(EXAMPLES[/** @type {HTMLElement} */ (button).dataset["example"] ?? ""] ?? "");
    });
  }

  wireForm(() => {
    asked += 1;
    judgeForm(asked).catch(showVerifierMissing);
  });
  element("policy-form").addEventListener("input", () => {
    const found = find(artefact.value);
    asked += 1;
    if (found) judgeOptions(found, asked).catch(showVerifierMissing);
  });
  element("policy-form").addEventListener("submit", (event) => event.preventDefault());

  onClick("share-go", share);
  onClick("beside-go", besides);
  input("beside-only").addEventListener("change", filterBeside);
  const form = element("capture-form");
  element("capture").addEventListener("toggle", () => form.childElementCount > 0 || buildForm(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    capture();
  });
  form.addEventListener("click", (event) => {
    if (event.target instanceof HTMLElement && event.target.id === "capture-stop") capturing?.abort();
  });
}

speak();
document.title = `${words("inspect.inspect")}: Portcullis`;
wire();
element("explain-last").hidden = lastRecord() === null;
try {
  element("verifier-version").textContent = (await loadInspector()).version();
  await followFragment();
} catch (error) {
  showVerifierMissing(error);
}
document.body.dataset["ready"] = "";
