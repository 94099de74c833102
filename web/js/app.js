// @ts-check
/**
 * Wires the first page: sign in, and the account. These names are stable, tests and other programs may rely on them:
 *
 *   body[data-ready]                present once the page is wired and knows whether somebody is signed in
 *   body[data-signed-in]            "true" or "false"
 *   body[data-busy]                 "true" from the press of a button until all that follows is shown
 *   #obstacle                       shown when this browser or address cannot do passkeys, with the reason
 *   #status[role=status]            what has just happened, in a sentence; data-kind: "info", "done" or "error";
 *                                   data-code: the host's problem code or the browser's error name
 *   #entry                          the form shown while signed out
 *     #username                     the name; offers passkeys as suggestions (conditional mediation) from the
 *                                   page's start, and again when pointed at or on ArrowDown
 *     #signin  #create              sign in by name, or with a passkey of this device where the field is empty and
 *                                   the browser offers that (`immediateGet`); create an account with a passkey
 *     #signin-any                   sign in with any passkey of this site, a phone's or a security key's too
 *     #lost                         leads to #recover, where the host has recovery codes
 *   #recover                        #recover-name, #recover-code, #recover-go, #recover-back; also at `#recover`
 *   #again                          a recent sign-in is asked for by `fresh=` beside `return_to=`: #again-go,
 *                                   #again-signout
 *   #account                        shown while signed in
 *     #account-name                 the name as registered; #account-shown is the display name, #rename changes it
 *     #passkeys > li                data-id, data-current; [data-action="passkey.rename"], [… "passkey.remove"]; #add, #device
 *     #codes                        #codes-left, #codes-make, #codes-list > li, #codes-copy, #codes-print, #codes-save
 *     #sessions > li                data-id, data-current; [data-action="session.end"]; #sessions-end
 *     #signout  #delete
 *   #ask                            the dialog: #ask-input, #ask-go, #ask-cancel
 *   #link                           the dialog that adds another device: #link-qr, #link-text, #link-copy, #link-close
 *   #cancel                         ends a ceremony that waits for the passkey; shown only then
 *   #checked                        leads to the inspector, with the last ceremony; shown when there was one
 *
 * `#invite=TOKEN` opens an invitation, `#add=CODE` (with `&name=NAME` or without) the link for another device.
 * `?return_to=URL` is where a person goes after signing in, if the host agrees.
 */

import { nameOf, showAccount } from "./account.js";
import { authenticationCheck, recordAfter, recordBefore, registrationCheck } from "./check.js";
import { showLink, wireLink } from "./device.js";
import { ask, wireDialog } from "./dialog.js";
import { element, input, make, onClick } from "./dom.js";
import { claimsOf } from "./jwt.js";
import * as portcullis from "./portcullis.js";
import { CeremonyError, Problem } from "./portcullis.js";
import { dropRecord, keepHere, keepRecord, lastRecord } from "./record.js";
import { sentenceOf, speak, words } from "./words.js";

/** @typedef {import("./portcullis.d.ts").Ceremony} Ceremony */
/** @typedef {import("./portcullis.d.ts").Result} Result */
/** @typedef {{signal: AbortSignal, onPrompt: () => void}} How */
/** @typedef {"entry" | "recover" | "again" | "account"} Panel */

const username = input("username");
const query = new URLSearchParams(location.search);

/** Where this person wants to go; the host says whether that may be. */
const returnTo = query.get("return_to");

/** How old a sign-in may be for it, in seconds. */
const freshFor = query.has("fresh") ? Number(query.get("fresh")) : Infinity;

/** Other tabs of this page learn that somebody signed in or out. */
const tabs = new BroadcastChannel("portcullis");

/** @type {import("./portcullis.d.ts").Session | null} */
let session = null;

/**
 * What the host offers.
 *
 * @type {import("./portcullis.d.ts").Settings}
 */
let settings = { recoveryCodes: false, signup: "open" };

/** Whether the browser can offer the passkeys of this device alone. */
let hasImmediate = false;

/** When a prompt is not answered for so long, the person may need a word. Milliseconds. */
const LONG_WAIT = 10_000;

/** The ceremony that a button has started, until it is over. */
/** @type {AbortController | null} */
let running = null;

/** @type {ReturnType<typeof portcullis.autofill> | null} */
let suggestions = null;

/** Ends what the browser may be doing without asking anybody. @type {AbortController | null} */
let quiet = null;

/**
 * The records this page has seen. With them the inspector can tell why the host refuses a later sign-in: a refusal
 * gives no record away.
 *
 * @type {Map<string, import("./check.js").CredentialRecord>}
 */
const records = new Map();

// ---- what is shown ----

/** @param {Panel} shown */
function showPanel(shown) {
  for (const panel of ["entry", "recover", "again", "account"]) element(panel).hidden = panel !== shown;
}

/**
 * The invitation whose link was opened: from somebody who runs this site (`invite`), or from the person's own other
 * device (`add`).
 *
 * @returns {{kind: "invite" | "add", token: string, name: string} | null}
 */
function invitation() {
  const fields = new URLSearchParams(location.hash.slice(1));
  for (const kind of /** @type {const} */ (["invite", "add"])) {
    const token = fields.get(kind);
    if (token) return { kind, token, name: fields.get("name") ?? "" };
  }
  return null;
}

/** Asks the host who is signed in, and shows what fits. */
async function refresh() {
  const before = session;
  session = await portcullis.session();
  document.body.dataset["signedIn"] = String(session !== null);
  document.title = words(session === null ? "title" : "title.account");
  element("how").hidden = lastRecord() === null;
  if (session === null) {
    if (before !== null) forget();
    showEntry();
    return;
  }
  for (const { id, ...credential } of await showAccount(session, settings.recoveryCodes, { rename, remove, end })) {
    records.set(id, recordAfter({ id, ...credential }));
  }
  showPanel(isStaleFor(session) ? "again" : "account");
}

function showEntry() {
  const invited = invitation();
  const kind = invited?.kind ?? "entry";
  element("entry-title").textContent = words(`${kind}.title`);
  element("entry-lead").textContent = words(`${kind}.lead`);
  element("create").textContent = words(`${kind}.create`);
  element("username-hint").textContent = words(`${kind}.hint`);
  element("create").hidden = settings.signup === "invite" && invited === null;
  if (invited?.name) username.value = invited.name;
  // The first is the one that Enter presses.
  const create = element("create");
  const signin = element("signin");
  for (const button of [create, signin]) {
    const isFirst = (button === create) === (invited !== null);
    button.setAttribute("type", isFirst ? "submit" : "button");
    button.classList.toggle("primary", isFirst);
  }
  signin.hidden = kind === "add";
  element("signin-any").hidden = kind === "add";
  element("signin-any").textContent = words(hasImmediate ? "entry.other" : "entry.any");
  element("lost").hidden = !settings.recoveryCodes || kind === "add";
  showPanel(location.hash === "#recover" ? "recover" : "entry");
}

/** Nothing of who was signed in stays in the page. */
function forget() {
  dropRecord();
  records.clear();
  for (const list of ["passkeys", "sessions", "codes-list", "account-title"]) element(list).replaceChildren();
  element("codes-new").hidden = true;
  element("how").hidden = true;
}

/** @param {import("./portcullis.d.ts").Session} current */
function isStaleFor({ authTime }) {
  return returnTo !== null && Date.now() - Date.parse(authTime) > freshFor * 1000;
}

/** Goes where the person wanted to go, if the host agrees. */
function goBack() {
  if (returnTo === null || session === null || isStaleFor(session)) return false;
  say("done", words("say.going_back"));
  location.replace(new URL(`../return-to?url=${encodeURIComponent(returnTo)}`, import.meta.url));
  return true;
}

/**
 * @param {"info" | "done" | "error"} kind
 * @param {string} sentence
 * @param {string} [code]
 */
function say(kind, sentence, code) {
  const status = element("status");
  status.dataset["kind"] = kind;
  if (code === undefined) delete status.dataset["code"];
  else status.dataset["code"] = code;
  status.textContent = sentence;
  // On a phone it may lie below the fold.
  status.scrollIntoView({ block: "nearest" });
}

/** @param {boolean} busy */
function showBusy(busy) {
  document.body.dataset["busy"] = String(busy);
  for (const button of document.querySelectorAll("[data-ceremony]")) {
    // Not `disabled`: the button that was pressed keeps the focus.
    button.setAttribute("aria-disabled", String(busy));
  }
  if (!busy) element("cancel").hidden = true;
}

// ---- one thing at a time ----

/**
 * Does one thing from button to result. While it runs no other starts.
 *
 * @param {(how: How) => Promise<string | null>} action what to say in the end; null: it is said
 */
async function run(action) {
  if (running) return;
  const controller = new AbortController();
  const starter = document.activeElement;
  running = controller;
  suggestions?.stop();
  quiet?.abort();
  showBusy(true);
  say("info", words("say.asking"));
  const onPrompt = () => {
    element("cancel").hidden = false;
    say("info", words("say.prompt"));
  };
  try {
    const said = await action({ signal: controller.signal, onPrompt });
    if (said !== null) say("done", said);
  } catch (error) {
    await showFailure(error);
  } finally {
    const cancelHasFocus = document.activeElement === element("cancel");
    running = null;
    showBusy(false);
    if (cancelHasFocus && starter instanceof HTMLElement) starter.focus();
  }
}

/** @param {unknown} error */
async function showFailure(error) {
  const code = error instanceof portcullis.PortcullisError ? error.code : "internal";
  const wasCancelled = code === "AbortError" || (error instanceof Error && error.name === "AbortError");
  if (wasCancelled) {
    say("info", words("failure.cancelled"), "AbortError");
    return;
  }
  if (error instanceof Problem) {
    if (error.ceremony) keep(error.ceremony, null, error);
    // Another tab or device may have ended or changed what this page shows.
    if (session !== null) {
      await refresh().catch(() => {});
      if (session === null) {
        await sayEnded();
        return;
      }
    }
  }
  if (await isRestarted()) {
    say("error", words("say.restarted"), "restarted");
    return;
  }
  if (error instanceof Problem) markName(error);
  if (error instanceof CeremonyError && error.reason === "none_here") username.focus();
  say("error", sentenceOf(error), code);
  element("how").hidden = lastRecord() === null;
}

/** Says that this session is over, and why where that can be known. */
async function sayEnded() {
  const restarted = await isRestarted();
  say("error", words(restarted ? "say.restarted" : "say.ended"), restarted ? "restarted" : "login_required");
}

/** Whether the host has started anew since this page asked it last, and forgotten all accounts with that. */
async function isRestarted() {
  const { process } = settings;
  if (process === undefined) return false;
  try {
    settings = await portcullis.settings();
  } catch {
    return false; // It is not there: nobody knows yet.
  }
  return settings.process !== process;
}

/** A name that was refused is marked, and ready to be changed. @param {Problem} problem */
function markName({ code }) {
  if (!["username_invalid", "username_taken", "invitation_refused"].includes(code)) return;
  const field = element("recover").hidden ? username : input("recover-name");
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

/**
 * Does what needs a recent sign-in: where the host asks for one, the person confirms with a passkey, and it goes on.
 *
 * @template Value
 * @param {How} how
 * @param {() => Promise<Value>} action
 * @returns {Promise<Value>}
 */
async function confirmed(how, action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "sign_in_again" || session === null) throw error;
    const { username: name } = session;
    keepResult(await portcullis.signIn(name, {
      signal: how.signal,
      onPrompt: () => {
        how.onPrompt();
        say("info", words("say.confirm"));
      },
    }));
    how.onPrompt();
    return action();
  }
}

/** Remembers which passkey is of this device. @param {Result} result */
function noteHere({ ceremony: { response } }) {
  if (response.authenticatorAttachment === "platform") keepHere(response.id);
}

/** @param {Result} result */
function keepResult({ answer, ceremony }) {
  keep(ceremony, answer, null);
}

/**
 * Keeps a ceremony for the inspector.
 *
 * @param {Ceremony} ceremony
 * @param {import("./portcullis.d.ts").Answer | null} answer
 * @param {Problem | null} problem
 */
function keep(ceremony, answer, problem) {
  const { kind, options, response, challengeToken } = ceremony;
  const record = answer ? recordBefore(answer.credential) : records.get(response.id);
  let check =
    kind === "registration"
      ? registrationCheck(options, response)
      : authenticationCheck(options, response, record, session?.sub);
  // The page takes its own origin for the expected one. Where the host says that it is not, the check is run with
  // the host's: the issuer of its tokens.
  const { iss } = claimsOf(challengeToken);
  if (problem?.code === "origin_mismatch" && typeof iss === "string") check = { ...check, origins: [iss] };
  if (answer) records.set(answer.credential.id, recordAfter(answer.credential));
  keepRecord({ check, problem: problem && { code: problem.code, step: problem.step } });
}

/**
 * After a sign-in of any kind.
 *
 * @param {Result} result
 * @param {string} said the key of its words
 * @returns {Promise<string | null>}
 */
async function entered(result, said) {
  const { answer, ceremony } = result;
  if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
  noteHere(result);
  await refresh();
  keep(ceremony, answer, null);
  element("how").hidden = false;
  if (session === null) return joined(answer.username);
  tabs.postMessage("session");
  if (said !== "say.recovered" && goBack()) return null;
  element("account-title").focus();
  const sentences = [words(said, { name: answer.username }), needsName(ceremony)];
  if (answer.recovered || isByPhone(result)) {
    if (await portcullis.can("conditionalCreate")) addQuietly(answer.username);
    else if (!answer.recovered) sentences.push(words("say.add_here"));
  }
  return sentences.filter(Boolean).join(" ");
}

/** A passkey was added, from a link, by somebody who is not signed in here. @param {string} name */
function joined(name) {
  username.value = name;
  element("signin").focus();
  return words("say.joined", { name });
}

/** Whether a phone has signed in on this device. @param {Result} result */
function isByPhone({ answer, ceremony: { kind, response } }) {
  const isElsewhere = response.authenticatorAttachment === "cross-platform";
  return kind === "authentication" && isElsewhere && answer.credential.transports.includes("hybrid");
}

/**
 * Lets the browser make a passkey of this device without asking, where it would. That it does not is not worth a
 * word.
 *
 * @param {string} name
 */
async function addQuietly(name) {
  const controller = new AbortController();
  quiet = controller;
  try {
    await portcullis.addPasskey(name, { signal: controller.signal, quietly: true });
    await refresh();
  } catch {
    return;
  }
  say("done", words("say.added_quietly"));
}

/** A passkey that the device does not list works only with the name. @param {Ceremony} ceremony */
function needsName({ response }) {
  const { rk } = /** @type {{rk?: boolean}} */ (response.clientExtensionResults["credProps"] ?? {});
  return rk === false ? words("say.needs_name") : "";
}

// ---- signing in and up ----

/** @returns {string | null} */
function requireName() {
  const name = username.value.trim();
  username.setAttribute("aria-invalid", String(name === ""));
  if (name !== "") return name;
  username.focus();
  say("error", words("problem.name_missing"), "name_missing");
  return null;
}

function signIn() {
  if (hasImmediate && username.value.trim() === "") {
    run(async (how) => entered(await portcullis.signIn(null, { ...how, immediate: true }), "say.signed_in"));
    return;
  }
  const name = requireName();
  if (name === null) return;
  run(async ({ signal, onPrompt }) => {
    let timer = 0;
    const how = {
      signal,
      onPrompt: () => {
        onPrompt();
        timer = setTimeout(() => say("info", words("say.waiting", { name }), "waiting"), LONG_WAIT);
      },
    };
    try {
      const result = await portcullis.signIn(name, how);
      clearTimeout(timer);
      return await entered(result, "say.signed_in");
    } finally {
      clearTimeout(timer);
    }
  });
}

function signInWithoutName() {
  run(async (how) => entered(await portcullis.signIn(null, how), "say.signed_in"));
}

function createAccount() {
  const name = requireName();
  if (name === null) return;
  const invited = invitation();
  const options = invited === null ? {} : { invitation: invited.token };
  run(async (how) => {
    const result = await portcullis.register(name, { ...how, ...options });
    return entered(result, result.answer.recovered ? "say.recovered" : "say.created");
  });
}

function recover() {
  const [name, code] = [input("recover-name"), input("recover-code")];
  for (const field of [code, name]) {
    field.setAttribute("aria-invalid", String(field.value.trim() === ""));
    if (field.value.trim() === "") field.focus();
  }
  if (name.value.trim() === "" || code.value.trim() === "") {
    say("error", words("problem.code_missing"), "code_missing");
    return;
  }
  run(async (how) => {
    const result = await portcullis.recover(name.value.trim(), code.value.trim(), how);
    code.value = "";
    return entered(result, "say.recovered");
  });
}

/** @param {boolean} recovers */
function turnTo(recovers) {
  history.replaceState(null, "", `${location.pathname}${location.search}${recovers ? "#recover" : ""}`);
  showEntry();
  (recovers ? input("recover-name") : username).focus();
}

function confirmAgain() {
  run(async (how) => {
    const name = session?.username ?? null;
    return entered(await portcullis.signIn(name, how), "say.signed_in");
  });
}

function offerSuggestions() {
  if (running || session !== null || invitation() !== null || suggestions?.isWaiting()) return;
  suggestions = portcullis.autofill((complete) => {
    run(async () => {
      say("info", words("say.checking"));
      return entered(await complete(), "say.signed_in");
    });
  });
}

// ---- the account ----

/** @param {string} said */
async function leave(said) {
  session = null;
  forget();
  await refresh();
  tabs.postMessage("session");
  username.focus();
  return words(said);
}

function signOut() {
  run(async () => {
    await portcullis.signOut();
    return leave("say.signed_out");
  });
}

function addPasskey() {
  run(async (how) => {
    const name = session?.username ?? "";
    const result = await confirmed(how, () => portcullis.addPasskey(name, how));
    noteHere(result);
    await refresh();
    keepResult(result);
    element("how").hidden = false;
    return `${words("say.added")} ${needsName(result.ceremony)}`.trim();
  });
}

function addDevice() {
  run(async (how) => {
    const before = (await portcullis.credentials()).map(({ id }) => id);
    const link = await confirmed(how, portcullis.deviceLink);
    untilAdded(link, before);
    return words("say.link");
  });
}

/**
 * Shows the link until a passkey was added with it, or the person closes it.
 *
 * @param {import("./portcullis.d.ts").DeviceLink} link
 * @param {string[]} before the passkeys that there were
 */
async function untilAdded(link, before) {
  const added = await showLink(link, before);
  await lookAgain();
  element("device").focus();
  say(added ? "done" : "info", words(added ? "say.added" : "say.link_closed"));
}

/** @param {import("./portcullis.d.ts").CredentialItem} credential */
async function rename(credential) {
  const name = await ask("rename", {}, credential.name ?? "");
  if (name === null) return;
  run(async () => {
    await portcullis.renameCredential(credential.id, name === "" ? null : name);
    await refresh();
    focusThing(credential.id, "passkey.rename");
    return words("say.renamed");
  });
}

/** @param {import("./portcullis.d.ts").CredentialItem} credential */
async function remove(credential) {
  if ((await ask("remove", { name: nameOf(credential) })) === null) return;
  run(async (how) => {
    await confirmed(how, () => portcullis.removeCredential(credential.id));
    records.delete(credential.id);
    await refresh();
    tabs.postMessage("session");
    (session === null ? username : element("passkeys-title")).focus();
    return words("say.removed");
  });
}

/** @param {import("./portcullis.d.ts").SessionItem} item */
function end(item) {
  run(async () => {
    await portcullis.endSession(item.id);
    await refresh();
    element("sessions-title").focus();
    return words("say.session_ended");
  });
}

async function endAll() {
  if ((await ask("everywhere", {})) === null) return;
  run(async () => {
    await portcullis.endAllSessions();
    return leave("say.everywhere");
  });
}

async function renameAccount() {
  const name = session?.username ?? "";
  const shown = await ask("shown", { name }, element("account-shown").textContent ?? "");
  if (shown === null) return;
  run(async () => {
    await portcullis.renameAccount(shown === "" ? null : shown);
    await refresh();
    return words("say.renamed");
  });
}

async function deleteAccount() {
  const name = session?.username ?? "";
  const typed = await ask("delete", { name }, "");
  if (typed === null) return;
  if (typed !== name) {
    say("error", words("say.not_deleted"), "not_confirmed");
    return;
  }
  run(async (how) => {
    await confirmed(how, portcullis.deleteAccount);
    return leave("say.deleted");
  });
}

async function makeCodes() {
  if (element("codes-left").dataset["any"] === "true" && (await ask("codes", {})) === null) return;
  run(async (how) => {
    const codes = await confirmed(how, portcullis.makeRecoveryCodes);
    await refresh();
    element("codes-list").replaceChildren(...codes.map((code) => make("li", "", code)));
    element("codes-new").hidden = false;
    element("codes-list").focus();
    return words("say.codes");
  });
}

const shownCodes = () => [...element("codes-list").children].map((item) => item.textContent).join("\n");

async function copyCodes() {
  try {
    await navigator.clipboard.writeText(shownCodes());
    say("done", words("say.copied"));
  } catch {
    getSelection()?.selectAllChildren(element("codes-list"));
    say("info", words("say.not_copied"));
  }
}

function saveCodes() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${shownCodes()}\n`], { type: "text/plain" }));
  link.download = words("codes.file");
  link.click();
  URL.revokeObjectURL(link.href);
}

/**
 * @param {string} id
 * @param {string} action
 */
function focusThing(id, action) {
  const thing = [...element("passkeys").children].find((item) => /** @type {HTMLElement} */ (item).dataset["id"] === id);
  /** @type {HTMLElement | null | undefined} */ (thing?.querySelector(`[data-action="${action}"]`))?.focus();
}

/** Somebody may have signed in or out in another tab, or the session has run out. */
async function lookAgain() {
  if (running || document.hidden) return;
  const before = session;
  try {
    await refresh();
  } catch {
    return; // The next press of a button will say what is wrong.
  }
  if (before !== null && session === null) await sayEnded();
  if (before === null && session !== null) suggestions?.stop();
}

/** Shows what a link to this page leads to. */
function openLink() {
  if (running) return;
  if (session === null) {
    say("info", "");
    showEntry();
  } else if (invitation() !== null) {
    say("info", words("say.signed_in_already", { name: session.username }), "signed_in");
  }
}

// ---- the start ----

for (const form of ["entry", "recover"]) {
  element(form).addEventListener("submit", (event) => event.preventDefault());
}
// Enter in a field presses the form's submit button.
onClick("signin", signIn);
onClick("recover-go", recover);
onClick("signin-any", signInWithoutName);
onClick("create", createAccount);
onClick("lost", () => turnTo(true));
onClick("recover-back", () => turnTo(false));
onClick("again-go", confirmAgain);
onClick("again-signout", signOut);
onClick("signout", signOut);
onClick("add", addPasskey);
onClick("device", addDevice);
onClick("rename", renameAccount);
onClick("sessions-end", endAll);
onClick("delete", deleteAccount);
onClick("codes-make", makeCodes);
onClick("codes-copy", copyCodes);
onClick("codes-print", () => print());
onClick("codes-save", saveCodes);
onClick("cancel", () => running?.abort());
wireDialog();
wireLink();
// The request for the suggestions starts with the page. After a ceremony or a sign-out it waits
// until somebody reaches for the suggestions again: a password manager that picks by itself would
// otherwise undo the sign-out, or repeat a refused sign-in without end.
username.addEventListener("pointerenter", offerSuggestions);
username.addEventListener("keydown", ({ key }) => {
  if (key === "ArrowDown") offerSuggestions();
});
for (const field of [username, input("recover-name"), input("recover-code")]) {
  field.addEventListener("input", () => field.removeAttribute("aria-invalid"));
}
document.addEventListener("visibilitychange", lookAgain);
tabs.addEventListener("message", lookAgain);
addEventListener("hashchange", openLink);

speak();
const hindered = portcullis.obstacle();
if (hindered !== null) {
  element("obstacle").textContent = words(`obstacle.${hindered}`);
  element("obstacle").hidden = false;
  for (const button of document.querySelectorAll("button[data-ceremony]")) {
    /** @type {HTMLButtonElement} */ (button).disabled = true;
  }
}
try {
  [settings, hasImmediate] = await Promise.all([portcullis.settings(), portcullis.can("immediateGet")]);
  await refresh();
  if (!goBack()) openLink();
} catch (error) {
  showEntry();
  await showFailure(error);
}
offerSuggestions();
document.body.dataset["ready"] = "";
