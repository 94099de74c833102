// @ts-check
/**
 * Wires the page. These names are stable, tests and other programs may rely on them:
 *
 *   body[data-ready]                present once the page is wired and the verifier is loaded or known to be missing
 *   body[data-signed-in]            "true" or "false"
 *   body[data-busy]                 "true" from the press of a button until all that follows is shown
 *   #obstacle                       shown when this browser or address cannot do passkeys, with the reason
 *   #status[role=status]            what has just happened, in a sentence; data-kind: "info", "done" or "error";
 *                                   data-code: the host's problem code or the browser's error name
 *   #entry                          the form shown while signed out
 *     #username                     the name; offers passkeys as suggestions (conditional mediation) from the
 *                                   page's start, and again when pointed at or on ArrowDown
 *     #signin  #create              sign in by name; create an account with a passkey
 *     #signin-any                   sign in with any passkey of this site
 *   #account                        shown while signed in
 *     #account-name                 the name as registered
 *     #add  #signout                add another passkey; sign out
 *   #cancel                         ends a ceremony that waits for the passkey; shown only then
 *   #verdict                        hidden until there is one; data-accepted: "true" or "false"; data-code and
 *                                   data-step of a rejection; data-agrees: does the page judge as the server did?
 *     #verdict-title  #verdict-summary  #comparison
 *     #trace > li                   data-step, data-slug, data-outcome: "pass", "fail" or "skip"
 *     #notes > li                   what the verifier noticed without judging
 *     #inspect-last                 leads to the inspector, with this response
 *     #check-json  #verdict-json    the check that was run and its verdict; #copy-check, #copy-verdict
 *   #verifier-missing               shown when the self-check does not run here, with the reason
 *   #paste-form                     #paste (a check as JSON) and #run-check
 */

import { Problem, sentenceOfProblem } from "./api.js";
import { Autofill } from "./autofill.js";
import { authenticate, completeAuthentication, register } from "./ceremony.js";
import { currentSession, endSession, keepCheck, keepSession } from "./session.js";
import { clearVerdict, showVerdict, summaryOf } from "./trace.js";
import { VerifierUnavailable, loadVerifier, verify } from "./verifier.js";
import { CeremonyError, obstacle } from "./webauthn.js";

/** @typedef {import("./ceremony.js").Outcome} Outcome */

const username = /** @type {HTMLInputElement} */ (element("username"));
const paste = /** @type {HTMLTextAreaElement} */ (element("paste"));
const status = element("status");

/** The ceremony that a button has started, until it is over. */
/** @type {AbortController | null} */
let running = null;

/** Milliseconds; a browser runs a longer timer at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let expiry;

const autofill = new Autofill((begun, response) => {
  run("Checking your passkey…", async () => completeAuthentication(begun, response));
});

/**
 * One ceremony from button to verdict. While it runs no other starts.
 *
 * @param {string} doing
 * @param {(signal: AbortSignal, onPrompt: () => void) => Promise<Outcome>} ceremony
 */
async function run(doing, ceremony) {
  if (running) return;
  const controller = new AbortController();
  const starter = document.activeElement;
  running = controller;
  autofill.stop();
  clear();
  showBusy(true);
  say("info", doing);
  try {
    const outcome = await ceremony(controller.signal, () => {
      element("cancel").hidden = false;
      say("info", "Waiting for your passkey: follow the prompt of your browser or device.");
    });
    await showOutcome(outcome);
  } catch (error) {
    showFailure(error);
  } finally {
    const cancelHasFocus = document.activeElement === element("cancel");
    running = null;
    showBusy(false);
    if (cancelHasFocus && starter instanceof HTMLElement) starter.focus();
    endExpiredSession();
  }
}

/** @param {Outcome} outcome */
async function showOutcome({ check, answer, problem }) {
  const wasSignedIn = currentSession() !== null;
  if (answer) keepSession(answer);
  showSession();
  const said = answer ? greeting(check, answer, wasSignedIn) : problem ? sentenceOfProblem(problem) : "";
  const kind = answer ? "done" : "error";
  try {
    const json = JSON.stringify(check, null, 2);
    const verdict = await verify(json);
    const { comparison, agrees } = compare(verdict, problem);
    present({ verdict, check: json, comparison, agrees, taken: answer !== null });
    const own = verdict.accepted ? `This page checked it too: ${summaryOf(verdict)}` : comparison;
    say(kind, `${said} ${own}`, problem?.code);
  } catch (error) {
    showVerifierMissing(error);
    say(kind, said, problem?.code);
  }
  if (answer && !wasSignedIn) element("account-title").focus();
}

/**
 * Shows a verdict with the check that it is of, and keeps that for the inspector.
 *
 * @param {import("./trace.js").Shown} shown
 */
function present(shown) {
  showVerdict(shown);
  keepCheck(shown.check);
  element("check-json").textContent = shown.check;
  element("verdict-json").textContent = JSON.stringify(shown.verdict, null, 2);
  element("verdict-empty").hidden = true;
}

/** Leaves the room for the next verdict. */
function clear() {
  clearVerdict();
  element("verdict-empty").hidden = false;
}

/**
 * @param {import("./check.js").Check} check
 * @param {import("./api.js").Answer} answer
 * @param {boolean} wasSignedIn
 */
function greeting(check, { username }, wasSignedIn) {
  if (check.kind === "authentication") return `Signed in as ${username}.`;
  return wasSignedIn
    ? `${username} has another passkey.`
    : `Passkey created. You are signed in as ${username}.`;
}

/**
 * How the page's own verdict stands to what the server said.
 *
 * @param {import("./verifier.js").Verdict} verdict
 * @param {Problem | null} problem
 * @returns {{comparison: string, agrees: boolean}}
 */
function compare(verdict, problem) {
  if (problem === null) {
    return verdict.accepted
      ? { comparison: "The server and this page ran the same verifier and agree.", agrees: true }
      : { comparison: "The server accepted this response, but this page's own check refuses it. Do not rely on this sign-in; report it to the site.", agrees: false };
  }
  if (problem.code === "unreachable" || problem.code === "unexpected_answer") {
    return { comparison: `Whether the server took it is not known (${problem.code}).`, agrees: true };
  }
  if (problem.step === null || problem.code === "credential_exists") {
    return { comparison: `The server did not take it, for a reason that is not in the response (${problem.code}).`, agrees: true };
  }
  if (verdict.accepted && (problem.step === "7.1.23" || problem.step === "7.1.24")) {
    return { comparison: `Which authenticators the server trusts, this page does not know: the server stopped at step ${problem.step} (${problem.code}).`, agrees: true };
  }
  if (problem.step === verdict.step) {
    return { comparison: "The server and this page refuse it at the same step.", agrees: true };
  }
  if (verdict.code === "backup_eligibility_changed" && problem.code === "signature_invalid") {
    return {
      comparison: `The server tells nothing of the stored passkey before the signature verifies: it stopped at step ${problem.step} (${problem.code}).`,
      agrees: true,
    };
  }
  if (verdict.code === "credential_missing") {
    return {
      comparison: `This page does not hold the stored key, so it skipped the steps that need it; the server stopped at step ${problem.step} (${problem.code}).`,
      agrees: true,
    };
  }
  return {
    comparison: `With what this page knows, its own check ends differently; the server stopped at step ${problem.step} (${problem.code}).`,
    agrees: false,
  };
}

/** @param {unknown} error */
function showFailure(error) {
  if (error instanceof Error && error.name === "AbortError") {
    say("info", "Cancelled. Nothing was changed.", error.name);
  } else if (error instanceof CeremonyError) {
    say("error", error.message, error.name);
  } else if (error instanceof Problem) {
    say("error", sentenceOfProblem(error), error.code);
  } else {
    say("error", `Something went wrong in this page (${error}). Reload it and try again.`, "internal");
  }
}

/** @param {unknown} error */
function showVerifierMissing(error) {
  const notice = element("verifier-missing");
  notice.textContent =
    error instanceof VerifierUnavailable ? error.message : `The self-check failed (${error}). The server still checks.`;
  notice.hidden = false;
}

/** The panel that fits: sign in, or the account. */
function showSession() {
  const session = currentSession();
  document.body.dataset.signedIn = String(session !== null);
  element("entry").hidden = session !== null;
  element("account").hidden = session === null;
  clearTimeout(expiry);
  if (session === null) return;
  const { credential, expiresAt } = session;
  element("account-name").textContent = session.username;
  element("account-verified").textContent = credential.userVerified
    ? "Yes, by PIN or biometrics"
    : "No, presence only";
  element("account-backup").textContent = credential.backupState
    ? "Synced to other devices"
    : "On this device or key only";
  element("account-until").textContent = new Date(expiresAt).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
  });
  expiry = setTimeout(endExpiredSession, Math.min(expiresAt - Date.now(), LONGEST_TIMER));
}

function endExpiredSession() {
  if (running || document.body.dataset.signedIn !== "true") return;
  if (currentSession() === null) signOut("Your sign-in has ended. Sign in again to go on.");
  else showSession();
}

/** @param {string} said */
function signOut(said) {
  endSession();
  clear();
  showSession();
  username.focus();
  say("info", said);
}

/** @param {boolean} busy */
function showBusy(busy) {
  document.body.dataset.busy = String(busy);
  for (const button of document.querySelectorAll("[data-ceremony]")) {
    // Not `disabled`: the button that was pressed keeps the focus.
    button.setAttribute("aria-disabled", String(busy));
  }
  if (!busy) element("cancel").hidden = true;
}

/**
 * @param {"info" | "done" | "error"} kind
 * @param {string} sentence
 * @param {string} [code]
 */
function say(kind, sentence, code) {
  status.dataset.kind = kind;
  if (code === undefined) delete status.dataset.code;
  else status.dataset.code = code;
  status.textContent = sentence;
  // On a phone it may lie below the fold.
  status.scrollIntoView({ block: "nearest" });
}

/** @returns {string | null} */
function requireName() {
  const name = username.value.trim();
  username.setAttribute("aria-invalid", String(name === ""));
  if (name !== "") return name;
  username.focus();
  say("error", "Type a name first, or sign in without one.", "name_missing");
  return null;
}

function signIn() {
  const name = requireName();
  if (name === null) return;
  run(`Asking for a sign-in as ${name}…`, (signal, onPrompt) => authenticate(name, { signal, onPrompt }));
}

function signInWithoutName() {
  run("Asking for a sign-in…", (signal, onPrompt) => authenticate(null, { signal, onPrompt }));
}

function createAccount() {
  const name = requireName();
  if (name === null) return;
  run(`Asking for a new account ${name}…`, (signal, onPrompt) =>
    register(name, { bearer: null, signal, onPrompt }),
  );
}

function addPasskey() {
  const session = currentSession();
  if (session === null) {
    signOut("Your sign-in has ended. Sign in again to add a passkey.");
    return;
  }
  run("Asking for another passkey…", (signal, onPrompt) =>
    register(session.username, { bearer: session.loginToken, signal, onPrompt }),
  );
}

function offerSuggestions() {
  if (!running && currentSession() === null) autofill.start();
}

async function runPastedCheck() {
  const check = paste.value;
  try {
    const verdict = await verify(check);
    present({ verdict, check, comparison: "Checked in this page alone; nothing was sent.", agrees: true, taken: true });
    say(verdict.accepted ? "done" : "error", `${verdict.accepted ? "Accepted." : "Not accepted."} ${summaryOf(verdict)}`, verdict.code);
    element("verdict-title").focus();
  } catch (error) {
    showVerifierMissing(error);
    say("error", "The check could not be run: the self-check does not run here.", "verifier_missing");
  }
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
    say("info", `The browser did not let this page copy. ${what} is selected: copy it with the keyboard.`);
  }
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * @param {string} id
 * @param {() => void} action
 */
function onClick(id, action) {
  element(id).addEventListener("click", action);
}

/** @param {string} reason */
function showObstacle(reason) {
  element("obstacle").textContent = reason;
  element("obstacle").hidden = false;
  for (const button of document.querySelectorAll("button[data-ceremony]")) {
    /** @type {HTMLButtonElement} */ (button).disabled = true;
  }
}

element("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn();
});
element("paste-form").addEventListener("submit", (event) => {
  event.preventDefault();
  runPastedCheck();
});
onClick("signin-any", signInWithoutName);
onClick("create", createAccount);
onClick("add", addPasskey);
onClick("signout", () => {
  if (!running) signOut("Signed out.");
});
onClick("cancel", () => running?.abort());
onClick("copy-check", () => copy("check-json", "The check"));
onClick("copy-verdict", () => copy("verdict-json", "The verdict"));
// The request behind the suggestions starts with the page. After a ceremony or a sign-out it waits
// until somebody reaches for the suggestions again: a password manager that picks by itself would
// otherwise undo the sign-out, or repeat a refused sign-in without end.
username.addEventListener("pointerenter", offerSuggestions);
username.addEventListener("keydown", ({ key }) => {
  if (key === "ArrowDown") offerSuggestions();
});
// Timers sleep with the machine.
document.addEventListener("visibilitychange", endExpiredSession);

const reason = obstacle();
if (reason !== null) showObstacle(reason);
showSession();
offerSuggestions();
try {
  element("verifier-version").textContent = (await loadVerifier()).version();
} catch (error) {
  showVerifierMissing(error);
}
document.body.dataset.ready = "";
