// @ts-check
/**
 * All that the first page says, in one place. `{name}` stands for a value.
 */

import { CeremonyError, Problem } from "./portcullis.js";

/** @type {Record<string, Record<string, string>>} */
const WORDS = {
  en: {
    title: "Sign in",
    skip: "Skip to the content",
    "nav.label": "Pages",
    "nav.account": "Account",
    "nav.inspect": "Inspect",

    "entry.title": "Sign in",
    "entry.lead": "With a passkey: your fingerprint, your face, a PIN or a security key. No password.",
    "entry.name": "Name",
    "entry.hint": "Type your name, or pick a passkey where your browser suggests one.",
    "entry.signin": "Sign in",
    "entry.create": "Create an account",
    "entry.any": "Sign in without a name",
    "entry.recover": "Lost your passkeys?",
    "invited.title": "You are invited",
    "invited.lead": "Type the name you were invited with, or choose one, and create your passkey. The link works once.",
    "invited.create": "Create a passkey",

    "recover.title": "Recover your account",
    "recover.lead": "One of your recovery codes lets you create a new passkey. It is used up by that, and every device is signed out.",
    "recover.name": "Name",
    "recover.code": "Recovery code",
    "recover.hint": "16 letters and digits. Hyphens and capitals do not matter.",
    "recover.go": "Create a new passkey",
    "recover.back": "Back to sign in",

    "again.title": "Please confirm that it is you",
    "again.lead": "The application that sent you here asks for a recent sign-in.",
    "again.go": "Confirm with your passkey",

    "account.title": "Signed in as {name}",
    "account.shown": "Shown as",
    "account.since": "Account since",
    "account.until": "Signed in until",
    "account.rename": "Change the shown name",
    "account.signout": "Sign out",

    "passkeys.title": "Your passkeys",
    "passkeys.lead": "Each of them signs you in. Two on different devices are safer than one.",
    "passkeys.add": "Add a passkey",
    "passkey.plain": "Passkey",
    "passkey.synced": "Synced to your other devices",
    "passkey.syncable": "Can be synced, but is on one device now",
    "passkey.bound": "Only on this one device or key",
    "passkey.made": "Made {when}",
    "passkey.made_where": "Made {when} with {where}",
    "passkey.used": "Last used {when}",
    "passkey.unused": "Not used yet",
    "passkey.current": "Signed you in",
    "passkey.rename": "Rename",
    "passkey.rename_this": "Rename {name}",
    "passkey.remove": "Remove",
    "passkey.remove_this": "Remove {name}",

    "codes.title": "Recovery codes",
    "codes.lead": "For the day on which you have none of your passkeys. Each code works once.",
    "codes.left": "Codes left: {count}",
    "codes.make": "Make new codes",
    "codes.once": "These are shown this once. Keep them where others cannot read them; earlier codes no longer work.",
    "codes.copy": "Copy",
    "codes.print": "Print",
    "codes.save": "Download",
    "codes.file": "recovery-codes.txt",
    "codes.list": "Your new recovery codes",

    "sessions.title": "Where you are signed in",
    "session.unknown": "Unknown browser",
    "session.where": "{browser} on {platform}",
    "session.current": "This device",
    "session.made": "Signed in {when}",
    "session.used": "last used {when}",
    "session.end": "Sign out",
    "session.end_this": "Sign out {name}",
    "sessions.end": "Sign out everywhere",

    "delete.title": "Delete the account",
    "delete.lead": "Removes the account with all its passkeys, for good.",
    "delete.go": "Delete the account",

    checked: "How was this checked?",
    cancel: "Cancel",

    "ask.cancel": "Cancel",
    "ask.rename": "Name this passkey",
    "ask.rename_text": "A name that tells it from your others, for example where you keep it. Leave it empty for none.",
    "ask.rename_go": "Save",
    "ask.remove": "Remove {name}?",
    "ask.remove_text": "It will no longer sign you in, and what it has signed in is signed out.",
    "ask.remove_go": "Remove",
    "ask.shown": "Your shown name",
    "ask.shown_text": "What others see. Your name for signing in stays {name}.",
    "ask.shown_go": "Save",
    "ask.everywhere": "Sign out everywhere?",
    "ask.everywhere_text": "Every device is signed out, this one too. Your passkeys stay.",
    "ask.everywhere_go": "Sign out everywhere",
    "ask.codes": "Make new recovery codes?",
    "ask.codes_text": "The codes that you have now will no longer work.",
    "ask.codes_go": "Make new codes",
    "ask.delete": "Delete the account {name}?",
    "ask.delete_text": "This cannot be taken back. Type {name} to confirm.",
    "ask.delete_go": "Delete for good",

    "say.asking": "One moment…",
    "say.prompt": "Waiting for your passkey: follow the prompt of your browser or device.",
    "say.confirm": "Please confirm with your passkey first: your sign-in is more than five minutes old.",
    "say.checking": "Checking your passkey…",
    "say.signed_in": "You are signed in as {name}.",
    "say.created": "Your account {name} is ready, and you are signed in.",
    "say.added": "The passkey was added.",
    "say.needs_name": "It works only together with your name, so keep that in mind.",
    "say.recovered": "You are signed in with a new passkey. Remove below the ones that you have lost.",
    "say.signed_out": "You are signed out.",
    "say.everywhere": "You are signed out everywhere.",
    "say.session_ended": "That device is signed out.",
    "say.ended": "You are no longer signed in here: the session ran out, was ended elsewhere, or the server was restarted. Sign in again to go on.",
    "say.renamed": "The name was saved.",
    "say.removed": "The passkey was removed.",
    "say.deleted": "The account is deleted.",
    "say.codes": "Here are your new recovery codes.",
    "say.copied": "The codes are copied.",
    "say.not_copied": "The browser did not let this page copy. The codes are selected: copy them with the keyboard.",
    "say.going_back": "You are signed in. Taking you back…",
    "say.not_deleted": "Nothing was deleted: the name that you typed is another one.",

    "problem.name_missing": "Type your name first, or sign in without one.",
    "problem.code_missing": "Type your name and one of your recovery codes.",
    "problem.unreachable": "The server cannot be reached. Check that you are online, then try again.",
    "problem.unexpected_answer": "The server gave an answer that this page does not understand (HTTP {status}). Reload the page and try again.",
    "problem.username_invalid": "That name cannot be used. {detail} Choose one of 1 to 64 letters and digits, without spaces.",
    "problem.username_taken": "That name is taken. Choose another, or, if it is yours, sign in.",
    "problem.credential_exists": "This passkey is already registered. Sign in with it instead.",
    "problem.account_full": "This account has as many passkeys as it can hold. Remove one first.",
    "problem.credential_unknown": "This passkey's account no longer exists here. Choose another passkey, or create a new account.",
    "problem.last_credential": "This is your only passkey: without it you could not sign in again. Add another one first.",
    "problem.sign_in_again": "For this, your sign-in has to be less than five minutes old. Sign out, sign in, and try again.",
    "problem.cross_site": "The request came from another site and was refused. Open this page itself and try again.",
    "problem.recovery_refused": "The name or the code is not right, or the code was used already. Check both and try again.",
    "problem.recovery_off": "This site has no recovery codes. Ask the people who run it for an invitation to your account.",
    "problem.invitation_required": "New accounts are made with an invitation. Ask the people who run this site for one.",
    "problem.invitation_refused": "This invitation is for another name, was used already, or is too old. Check the name, or ask for a new invitation.",
    "problem.token_expired": "That took too long. Try again.",
    "problem.token_spent": "This attempt was used already. Try again.",
    "problem.token_invalid": "The server was restarted in between and has forgotten this attempt. Try again.",
    "problem.origin_mismatch": "This page is open at {origin}, and the server takes no passkeys from there. Open it at the site's own address.",
    "problem.authenticator": "This site takes passkeys only from certain devices, and yours is none of them. Nothing was changed; use another device or security key.",
    "problem.authenticator_revoked": "This kind of device is known to be unsafe, and the site takes no passkeys from it. Nothing was changed; use another.",
    "problem.rate_limited": "Too many attempts. Wait {seconds} s, then try again.",
    "problem.store_unavailable": "The server is not ready just now. Nothing was changed; try again in {seconds} s.",
    "problem.request": "The server did not understand this page's request. Reload the page: it may be older than the server.",
    "problem.body_invalid": "The server did not take that. {detail}",
    "problem.not_found": "It is no longer there. The page shows what there is now.",
    "problem.internal_error": "The server failed, not you. Nothing was changed; try again later.",
    "problem.body_too_large": "Your device's answer is larger than the server takes. Try another device.",
    "problem.sign_count": "This passkey may have been copied, so it was refused. Sign in with another one, and remove this one from your account.",
    "problem.refused": "The server could not verify your passkey, and nothing was changed. Try again, or use another passkey.",
    "problem.other": "The server refused this. {detail} Try again.",
    "problem.internal": "Something went wrong in this page ({detail}). Reload it and try again.",

    "failure.cancelled": "Cancelled. Nothing was changed.",
    "failure.timed_out": "Time ran out before a passkey answered. Try again when it is at hand.",
    "failure.not_in_front": "The browser asks for a passkey only while this page is in front. Click into the page and try again.",
    "failure.create.no_screen_lock": "No passkey was created. This device has no screen lock that a passkey could use: set one up, or use a phone or a security key.",
    "failure.get.no_screen_lock": "You are not signed in: there is no passkey for this site here, or the prompt was closed. Use the phone or security key that holds your passkey.",
    "failure.create.no_prompt": "Your browser refused to create a passkey without asking you. Check in its settings that passkeys are allowed, then try again.",
    "failure.get.no_prompt": "There is no passkey for this on this device. Use the device that holds yours, or create an account.",
    "failure.create.dismissed": "No passkey was created: the prompt was closed or your device declined. Try again, and confirm when it asks.",
    "failure.get.dismissed": "You are not signed in: the prompt was closed, or no passkey here matches. Try again, or use the device that holds your passkey.",
    "failure.create.InvalidStateError": "This device already holds a passkey of this account. Use another device or security key.",
    "failure.get.InvalidStateError": "This passkey cannot be used just now. Try again, or use another one.",
    "failure.SecurityError": "The browser refuses passkeys of “{rpId}” at {origin}. Open the page at the site's own address.",
    "failure.create.NotSupportedError": "This device has none of the signature algorithms that the server takes. Use another device or security key.",
    "failure.get.NotSupportedError": "This browser does not support what the server asked for. Update it, or use another browser.",
    "failure.ConstraintError": "This device cannot keep a passkey as the site asks for it: it lacks a PIN or a fingerprint. Set one up, or use another device.",
    "failure.OperationError": "The browser is still busy with another passkey request. Close its prompt, then try again.",
    "failure.options": "This browser could not read the server's options. Update the browser, or use another one.",
    "failure.other": "The passkey could not be used ({code}). Try again, or use another device.",

    "obstacle.insecure": "Passkeys need a secure page. Open this one over https, or at http://localhost on the machine that serves it.",
    "obstacle.ip_address": "Passkeys do not work under an IP address. Open this page at the site's own name.",
    "obstacle.unsupported": "This browser has no passkeys, or they are turned off. Update it, or use another browser.",
  },
};

/** The language that is shown: the first of the person's that there are words of. */
const language = navigator.languages.map((tag) => tag.split("-")[0] ?? "").find((tag) => tag in WORDS) ?? "en";

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function words(key, values = {}) {
  const text = WORDS[language]?.[key] ?? WORDS["en"]?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Whether there are words under a key. @param {string} key */
const has = (key) => key in (WORDS["en"] ?? {});

/** Writes the words into a page: where an element says `data-text`, `data-label` or `data-title`. */
export function speak() {
  document.documentElement.lang = language;
  document.documentElement.dir = "ltr";
  for (const place of document.querySelectorAll("[data-text]")) {
    place.textContent = words(/** @type {HTMLElement} */ (place).dataset["text"] ?? "");
  }
  for (const place of document.querySelectorAll("[data-label]")) {
    place.setAttribute("aria-label", words(/** @type {HTMLElement} */ (place).dataset["label"] ?? ""));
  }
}

/** @param {string} time RFC 3339 */
export const day = (time) => new Date(time).toLocaleDateString(language, { dateStyle: "medium" });

/** @param {string} time RFC 3339 */
export const moment = (time) =>
  new Date(time).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });

/**
 * What happened and what a person can do, in a sentence.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function sentenceOf(error) {
  if (error instanceof CeremonyError) return sentenceOfFailure(error);
  if (error instanceof Problem) return sentenceOfProblem(error);
  if (error instanceof Error && error.name === "AbortError") return words("failure.cancelled");
  return words("problem.internal", { detail: error instanceof Error ? error.message : String(error) });
}

/** @param {CeremonyError} error */
function sentenceOfFailure({ call, code, reason, rpId }) {
  const keys = [
    `failure.${reason}`,
    `failure.${call}.${reason}`,
    `failure.${call}.${code}`,
    `failure.${code}`,
    ["TypeError", "DataError", "EncodingError"].includes(code) ? "failure.options" : "failure.other",
  ];
  const specific = reason === "other" ? keys.slice(2) : keys;
  return words(specific.find(has) ?? "failure.other", { code, rpId, origin: location.origin });
}

/** Codes that share a sentence. @type {Record<string, string>} */
const SAME = {
  signer_unavailable: "store_unavailable",
  trust_anchors_missing: "authenticator",
  attestation_untrusted: "authenticator",
  attestation_certificate_outdated: "authenticator",
  authenticator_not_accepted: "authenticator",
  media_type: "request",
  method_not_allowed: "request",
  sign_count_not_increased: "sign_count",
};

/** @param {Problem} problem */
function sentenceOfProblem({ call, code, status, step, detail, message, retryAfter }) {
  const own = call.startsWith("recovery/") && code === "not_found" ? "recovery_off" : (SAME[code] ?? code);
  const known = code === "login_required" ? "say.ended" : `problem.${own}`;
  const key = has(known) ? known : step ? "problem.refused" : "problem.other";
  return words(key, {
    status,
    seconds: retryAfter ?? 60,
    origin: location.origin,
    detail: asSentence((detail || message).replace(/^`\w+`: /, "")),
  });
}

/** @param {string} detail */
function asSentence(detail) {
  const text = detail.trim();
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) || text === "" ? "" : ".");
}
