// @ts-check
/**
 * All that the first page says, in one place. `{name}` stands for a value.
 */

import { CeremonyError, Problem } from "./portcullis.js";

/** @type {Record<string, Record<string, string>>} */
const WORDS = {
  en: {
    title: "Sign in",
    "title.account": "Your account",
    skip: "Skip to the content",
    "entry.title": "Sign in",
    "entry.lead": "With a passkey: your fingerprint, your face, a PIN or a security key. No password.",
    "entry.name": "Name",
    "entry.hint": "Type your name, or pick a passkey where your browser suggests one.",
    "entry.signin": "Sign in",
    "entry.create": "Create an account",
    "entry.any": "Sign in without a name",
    "entry.other": "Use a phone or a security key",
    "entry.recover": "Lost your passkeys?",
    "invite.title": "You are invited",
    "invite.lead": "Type the name you were invited with, or choose one, and create your passkey. The link works once.",
    "invite.hint": "1 to 64 letters and digits, without spaces.",
    "invite.create": "Create a passkey",

    "add.title": "Add this device to your account",
    "add.lead": "Check that the name is yours, and create a passkey on this device. The link works once, within ten minutes of its making.",
    "add.hint": "The name that you sign in with.",
    "add.create": "Create a passkey",

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
    "again.signout": "Somebody else? Sign out",

    "account.title": "Signed in as {name}",
    "account.shown": "Shown as",
    "account.since": "Account since",
    "account.until": "Signed in until",
    "account.rename": "Change the shown name",
    "account.signout": "Sign out",

    "passkeys.title": "Your passkeys",
    "passkeys.lead": "Each of them signs you in. Two on different devices are safer than one.",
    "passkeys.add": "Add a passkey",
    "passkeys.device": "Add another device",
    "passkey.plain": "Passkey",
    "passkey.plain_key": "Security key",
    "passkey.synced": "Synced to your other devices",
    "passkey.syncable": "Can be synced, but is on one device now",
    "passkey.device": "Only on this one device",
    "passkey.key": "Only on this one key",
    "passkey.made": "Made {when}",
    "passkey.made_where": "Made {when} with {where}",
    "passkey.used": "Last used {when}",
    "passkey.unused": "Not used yet",
    "passkey.current": "Signed you in",
    "passkey.here": "This device",
    "passkey.rename": "Rename",
    "passkey.rename_this": "Rename {name}",
    "passkey.remove": "Remove",
    "passkey.remove_this": "Remove {name}",

    "link.title": "Add another device",
    "link.lead": "Scan this with the other device, and create a passkey there. Whoever has the link can add one to your account: show it to nobody else.",
    "link.qr": "QR code of the link below",
    "link.or": "Or open this address there, and type your name:",
    "link.until": "Works once, until {when}. Keep this open: it closes when the passkey is there.",
    "link.copy": "Copy the link",
    "link.copied": "The link is copied.",
    "link.not_copied": "The browser did not let this page copy. The link is selected: copy it with the keyboard.",
    "link.close": "Close",

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
    "say.waiting": "Still waiting for a passkey of {name}. If nothing asks you for it, the name may be another, or the passkey may be on another device: cancel and try again.",
    "say.link": "A link for another device is shown.",
    "say.link_closed": "The link is closed. If the other device has opened it already, it may still finish.",
    "say.joined": "The passkey was added to {name}. Sign in with it.",
    "say.added_quietly": "Your browser has also made a passkey of this device: from now on it signs you in without another one.",
    "say.add_here": "Add a passkey of this device below, and next time you need no other.",
    "say.signed_in_already": "You are signed in here as {name}. To use the link that you opened, sign out first and open it again.",
    "say.restarted": "The server was restarted, and it keeps accounts only as long as it runs: yours is gone with it. Create it again.",
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
    "say.ended": "You are no longer signed in here: the session ran out, or was ended elsewhere. Sign in again to go on.",
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
    "problem.username_invalid.character": "{character} ({point}) cannot be in a name. Choose 1 to 64 letters and digits, without spaces.",
    "problem.body_invalid.character": "{character} ({point}) cannot be in it. Leave it out and try again.",
    "character.seen": "“{character}”",
    "character.space": "A space",
    "character.unseen": "A character that cannot be seen",
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
    "problem.token_invalid": "The server no longer knows of this attempt. Try again.",
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
    "failure.none_here": "This device has no passkey of this site, or its prompt was closed. Type your name, or use a phone or a security key.",
    "failure.create.key_declined": "No passkey was created: the prompt was closed, or the security key or phone declined. A security key may need a PIN first: your system's or browser's settings set one.",
    "failure.get.key_declined": "You are not signed in: the prompt was closed, or the security key or phone has no passkey that fits. Try again with the one that holds yours.",
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

  de: {
    title: "Anmelden",
    "title.account": "Ihr Konto",
    skip: "Zum Inhalt springen",
    "entry.title": "Anmelden",
    "entry.lead": "Mit einem Passkey: Fingerabdruck, Gesicht, PIN oder Sicherheitsschlüssel. Ohne Passwort.",
    "entry.name": "Name",
    "entry.hint": "Geben Sie Ihren Namen ein, oder wählen Sie einen Passkey, wo Ihr Browser einen vorschlägt.",
    "entry.signin": "Anmelden",
    "entry.create": "Konto anlegen",
    "entry.any": "Ohne Namen anmelden",
    "entry.other": "Telefon oder Sicherheitsschlüssel",
    "entry.recover": "Passkeys verloren?",
    "invite.title": "Sie sind eingeladen",
    "invite.lead": "Geben Sie den Namen ein, auf den Sie eingeladen sind, oder wählen Sie einen, und legen Sie Ihren Passkey an. Der Link gilt einmal.",
    "invite.hint": "1 bis 64 Buchstaben und Ziffern ohne Leerzeichen.",
    "invite.create": "Passkey anlegen",

    "add.title": "Dieses Gerät zum Konto hinzufügen",
    "add.lead": "Prüfen Sie, ob der Name Ihrer ist, und legen Sie auf diesem Gerät einen Passkey an. Der Link gilt einmal, zehn Minuten lang.",
    "add.hint": "Der Name, mit dem Sie sich anmelden.",
    "add.create": "Passkey anlegen",

    "recover.title": "Konto wiederherstellen",
    "recover.lead": "Mit einem Ihrer Wiederherstellungscodes legen Sie einen neuen Passkey an. Der Code ist damit verbraucht, und alle Geräte werden abgemeldet.",
    "recover.name": "Name",
    "recover.code": "Wiederherstellungscode",
    "recover.hint": "16 Buchstaben und Ziffern. Bindestriche und Großschreibung sind gleichgültig.",
    "recover.go": "Neuen Passkey anlegen",
    "recover.back": "Zurück zur Anmeldung",

    "again.title": "Bitte bestätigen Sie, dass Sie es sind",
    "again.lead": "Die Anwendung, aus der Sie kommen, verlangt eine frische Anmeldung.",
    "again.go": "Mit dem Passkey bestätigen",
    "again.signout": "Jemand anderes? Abmelden",

    "account.title": "Angemeldet als {name}",
    "account.shown": "Angezeigt als",
    "account.since": "Konto seit",
    "account.until": "Angemeldet bis",
    "account.rename": "Angezeigten Namen ändern",
    "account.signout": "Abmelden",

    "passkeys.title": "Ihre Passkeys",
    "passkeys.lead": "Jeder davon meldet Sie an. Zwei auf verschiedenen Geräten sind sicherer als einer.",
    "passkeys.add": "Passkey hinzufügen",
    "passkeys.device": "Weiteres Gerät hinzufügen",
    "passkey.plain": "Passkey",
    "passkey.plain_key": "Sicherheitsschlüssel",
    "passkey.synced": "Auf Ihren anderen Geräten auch vorhanden",
    "passkey.syncable": "Kann übertragen werden, ist aber nur auf einem Gerät",
    "passkey.device": "Nur auf diesem einen Gerät",
    "passkey.key": "Nur auf diesem einen Schlüssel",
    "passkey.made": "Angelegt am {when}",
    "passkey.made_where": "Angelegt am {when} mit {where}",
    "passkey.used": "Zuletzt benutzt: {when}",
    "passkey.unused": "Noch nicht benutzt",
    "passkey.current": "Hat Sie angemeldet",
    "passkey.here": "Dieses Gerät",
    "passkey.rename": "Umbenennen",
    "passkey.rename_this": "{name} umbenennen",
    "passkey.remove": "Entfernen",
    "passkey.remove_this": "{name} entfernen",

    "link.title": "Weiteres Gerät hinzufügen",
    "link.lead": "Scannen Sie dies mit dem anderen Gerät, und legen Sie dort einen Passkey an. Wer den Link hat, kann Ihrem Konto einen hinzufügen: Zeigen Sie ihn sonst niemandem.",
    "link.qr": "QR-Code des Links darunter",
    "link.or": "Oder öffnen Sie dort diese Adresse, und geben Sie Ihren Namen ein:",
    "link.until": "Gilt einmal, bis {when}. Lassen Sie dies offen: Es schließt sich, sobald der Passkey da ist.",
    "link.copy": "Link kopieren",
    "link.copied": "Der Link ist kopiert.",
    "link.not_copied": "Der Browser hat das Kopieren nicht erlaubt. Der Link ist ausgewählt: Kopieren Sie ihn mit der Tastatur.",
    "link.close": "Schließen",

    "codes.title": "Wiederherstellungs\u00adcodes",
    "codes.lead": "Für den Tag, an dem Sie keinen Ihrer Passkeys haben. Jeder Code gilt einmal.",
    "codes.left": "Verbleibende Codes: {count}",
    "codes.make": "Neue Codes erzeugen",
    "codes.once": "Diese Codes werden nur dieses eine Mal gezeigt. Bewahren Sie sie auf, wo andere sie nicht lesen können; frühere Codes gelten nicht mehr.",
    "codes.copy": "Kopieren",
    "codes.print": "Drucken",
    "codes.save": "Herunterladen",
    "codes.file": "wiederherstellungscodes.txt",
    "codes.list": "Ihre neuen Wiederherstellungscodes",

    "sessions.title": "Wo Sie angemeldet sind",
    "session.unknown": "Unbekannter Browser",
    "session.where": "{browser} unter {platform}",
    "session.current": "Dieses Gerät",
    "session.made": "Angemeldet: {when}",
    "session.used": "zuletzt benutzt: {when}",
    "session.end": "Abmelden",
    "session.end_this": "{name} abmelden",
    "sessions.end": "Überall abmelden",

    "delete.title": "Konto löschen",
    "delete.lead": "Entfernt das Konto mit allen Passkeys, endgültig.",
    "delete.go": "Konto löschen",

    checked: "Wie wurde das geprüft?",
    cancel: "Abbrechen",

    "ask.cancel": "Abbrechen",
    "ask.rename": "Passkey benennen",
    "ask.rename_text": "Ein Name, der ihn von den anderen unterscheidet, zum Beispiel sein Aufbewahrungsort. Leer: kein Name.",
    "ask.rename_go": "Speichern",
    "ask.remove": "{name} entfernen?",
    "ask.remove_text": "Er meldet Sie dann nicht mehr an, und was er angemeldet hat, wird abgemeldet.",
    "ask.remove_go": "Entfernen",
    "ask.shown": "Ihr angezeigter Name",
    "ask.shown_text": "Was andere sehen. Zum Anmelden bleibt Ihr Name {name}.",
    "ask.shown_go": "Speichern",
    "ask.everywhere": "Überall abmelden?",
    "ask.everywhere_text": "Jedes Gerät wird abgemeldet, auch dieses. Ihre Passkeys bleiben.",
    "ask.everywhere_go": "Überall abmelden",
    "ask.codes": "Neue Wiederherstellungscodes erzeugen?",
    "ask.codes_text": "Die Codes, die Sie jetzt haben, gelten dann nicht mehr.",
    "ask.codes_go": "Neue Codes erzeugen",
    "ask.delete": "Konto {name} löschen?",
    "ask.delete_text": "Das lässt sich nicht rückgängig machen. Geben Sie zur Bestätigung {name} ein.",
    "ask.delete_go": "Endgültig löschen",

    "say.asking": "Einen Augenblick…",
    "say.waiting": "Noch kein Passkey von {name}. Wenn nichts danach fragt, ist der Name vielleicht ein anderer, oder der Passkey ist auf einem anderen Gerät: Brechen Sie ab, und versuchen Sie es noch einmal.",
    "say.link": "Ein Link für ein weiteres Gerät wird gezeigt.",
    "say.link_closed": "Der Link ist geschlossen. Hat das andere Gerät ihn schon geöffnet, kann es noch fertig werden.",
    "say.joined": "Der Passkey gehört jetzt zu {name}. Melden Sie sich damit an.",
    "say.added_quietly": "Ihr Browser hat auch auf diesem Gerät einen Passkey angelegt: Von nun an meldet er Sie ohne ein anderes an.",
    "say.add_here": "Fügen Sie unten einen Passkey dieses Geräts hinzu; dann brauchen Sie beim nächsten Mal kein anderes.",
    "say.signed_in_already": "Sie sind hier als {name} angemeldet. Um den geöffneten Link zu benutzen, melden Sie sich zuerst ab und öffnen ihn noch einmal.",
    "say.restarted": "Der Server wurde neu gestartet, und er behält Konten nur, solange er läuft: Ihres ist damit fort. Legen Sie es neu an.",
    "say.prompt": "Warten auf Ihren Passkey: Folgen Sie der Aufforderung Ihres Browsers oder Geräts.",
    "say.confirm": "Bitte bestätigen Sie zuerst mit Ihrem Passkey: Ihre Anmeldung ist älter als fünf Minuten.",
    "say.checking": "Ihr Passkey wird geprüft…",
    "say.signed_in": "Sie sind angemeldet als {name}.",
    "say.created": "Ihr Konto {name} ist bereit, und Sie sind angemeldet.",
    "say.added": "Der Passkey wurde hinzugefügt.",
    "say.needs_name": "Er funktioniert nur zusammen mit Ihrem Namen; merken Sie sich diesen.",
    "say.recovered": "Sie sind mit einem neuen Passkey angemeldet. Entfernen Sie unten die Passkeys, die Sie verloren haben.",
    "say.signed_out": "Sie sind abgemeldet.",
    "say.everywhere": "Sie sind überall abgemeldet.",
    "say.session_ended": "Das Gerät ist abgemeldet.",
    "say.ended": "Sie sind hier nicht mehr angemeldet: Die Sitzung ist abgelaufen oder wurde anderswo beendet. Melden Sie sich wieder an.",
    "say.renamed": "Der Name wurde gespeichert.",
    "say.removed": "Der Passkey wurde entfernt.",
    "say.deleted": "Das Konto ist gelöscht.",
    "say.codes": "Hier sind Ihre neuen Wiederherstellungscodes.",
    "say.copied": "Die Codes sind kopiert.",
    "say.not_copied": "Der Browser ließ die Seite nicht kopieren. Die Codes sind markiert: Kopieren Sie sie mit der Tastatur.",
    "say.going_back": "Sie sind angemeldet und werden zurückgeleitet…",
    "say.not_deleted": "Nichts wurde gelöscht: Sie haben einen anderen Namen eingegeben.",

    "problem.name_missing": "Geben Sie zuerst Ihren Namen ein, oder melden Sie sich ohne Namen an.",
    "problem.code_missing": "Geben Sie Ihren Namen und einen Ihrer Wiederherstellungscodes ein.",
    "problem.unreachable": "Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung, und versuchen Sie es noch einmal.",
    "problem.unexpected_answer": "Der Server gab eine Antwort, die diese Seite nicht versteht (HTTP {status}). Laden Sie die Seite neu.",
    "problem.username_invalid": "Dieser Name ist nicht möglich. {detail} Wählen Sie 1 bis 64 Buchstaben und Ziffern ohne Leerzeichen.",
    "problem.username_invalid.character": "{character} ({point}) kann nicht in einem Namen stehen. Wählen Sie 1 bis 64 Buchstaben und Ziffern ohne Leerzeichen.",
    "problem.body_invalid.character": "{character} ({point}) kann darin nicht stehen. Lassen Sie es weg, und versuchen Sie es noch einmal.",
    "character.seen": "„{character}“",
    "character.space": "Ein Leerzeichen",
    "character.unseen": "Ein Zeichen, das man nicht sieht,",
    "problem.username_taken": "Dieser Name ist vergeben. Wählen Sie einen anderen, oder melden Sie sich an, wenn es Ihrer ist.",
    "problem.credential_exists": "Dieser Passkey ist schon registriert. Melden Sie sich damit an.",
    "problem.account_full": "Dieses Konto hat so viele Passkeys, wie es haben kann. Entfernen Sie zuerst einen.",
    "problem.credential_unknown": "Das Konto dieses Passkeys gibt es hier nicht mehr. Wählen Sie einen anderen, oder legen Sie ein neues Konto an.",
    "problem.last_credential": "Das ist Ihr einziger Passkey: Ohne ihn könnten Sie sich nicht mehr anmelden. Fügen Sie zuerst einen anderen hinzu.",
    "problem.sign_in_again": "Dafür darf Ihre Anmeldung höchstens fünf Minuten alt sein. Melden Sie sich ab, wieder an, und versuchen Sie es noch einmal.",
    "problem.cross_site": "Die Anfrage kam von einer anderen Seite und wurde abgelehnt. Öffnen Sie diese Seite selbst.",
    "problem.recovery_refused": "Der Name oder der Code stimmt nicht, oder der Code ist schon verbraucht. Prüfen Sie beide.",
    "problem.recovery_off": "Hier gibt es keine Wiederherstellungscodes. Bitten Sie die Betreiber um eine Einladung zu Ihrem Konto.",
    "problem.invitation_required": "Neue Konten gibt es nur mit Einladung. Bitten Sie die Betreiber um eine.",
    "problem.invitation_refused": "Diese Einladung gilt einem anderen Namen, ist verbraucht oder zu alt. Prüfen Sie den Namen, oder bitten Sie um eine neue.",
    "problem.token_expired": "Das hat zu lange gedauert. Versuchen Sie es noch einmal.",
    "problem.token_spent": "Dieser Versuch ist verbraucht. Versuchen Sie es noch einmal.",
    "problem.token_invalid": "Der Server weiß nichts mehr von diesem Versuch. Versuchen Sie es noch einmal.",
    "problem.origin_mismatch": "Diese Seite ist unter {origin} geöffnet, und von dort nimmt der Server keine Passkeys. Öffnen Sie sie unter der Adresse der Website.",
    "problem.authenticator": "Hier werden nur Passkeys bestimmter Geräte angenommen, und Ihres gehört nicht dazu. Nichts wurde geändert; nehmen Sie ein anderes.",
    "problem.authenticator_revoked": "Diese Art Gerät gilt als unsicher, und seine Passkeys werden nicht angenommen. Nichts wurde geändert; nehmen Sie ein anderes.",
    "problem.rate_limited": "Zu viele Versuche. Warten Sie {seconds} s, und versuchen Sie es dann noch einmal.",
    "problem.store_unavailable": "Der Server ist gerade nicht bereit. Nichts wurde geändert; versuchen Sie es in {seconds} s noch einmal.",
    "problem.request": "Der Server hat die Anfrage dieser Seite nicht verstanden. Laden Sie die Seite neu: Sie ist vielleicht älter als der Server.",
    "problem.body_invalid": "Der Server hat das nicht angenommen. {detail}",
    "problem.not_found": "Das gibt es nicht mehr. Die Seite zeigt, was es jetzt gibt.",
    "problem.internal_error": "Der Fehler liegt beim Server, nicht bei Ihnen. Nichts wurde geändert; versuchen Sie es später.",
    "problem.body_too_large": "Die Antwort Ihres Geräts ist größer, als der Server annimmt. Versuchen Sie ein anderes Gerät.",
    "problem.sign_count": "Dieser Passkey ist vielleicht kopiert worden und wurde abgelehnt. Melden Sie sich mit einem anderen an, und entfernen Sie diesen.",
    "problem.refused": "Der Server konnte Ihren Passkey nicht bestätigen; nichts wurde geändert. Versuchen Sie es noch einmal, oder nehmen Sie einen anderen.",
    "problem.other": "Der Server hat das abgelehnt. {detail} Versuchen Sie es noch einmal.",
    "problem.internal": "In dieser Seite ging etwas schief ({detail}). Laden Sie sie neu.",

    "failure.cancelled": "Abgebrochen. Nichts wurde geändert.",
    "failure.timed_out": "Die Zeit lief ab, bevor ein Passkey antwortete. Versuchen Sie es noch einmal, wenn er zur Hand ist.",
    "failure.not_in_front": "Der Browser fragt nur nach einem Passkey, solange diese Seite vorn ist. Klicken Sie in die Seite, und versuchen Sie es noch einmal.",
    "failure.create.no_screen_lock": "Es wurde kein Passkey angelegt. Dieses Gerät hat keine Bildschirmsperre, die ein Passkey nutzen könnte: Richten Sie eine ein, oder nehmen Sie ein Telefon oder einen Sicherheitsschlüssel.",
    "failure.get.no_screen_lock": "Sie sind nicht angemeldet: Hier ist kein Passkey für diese Website, oder die Aufforderung wurde geschlossen. Nehmen Sie das Telefon oder den Schlüssel mit Ihrem Passkey.",
    "failure.none_here": "Auf diesem Gerät ist kein Passkey dieser Website, oder die Aufforderung wurde geschlossen. Geben Sie Ihren Namen ein, oder nehmen Sie ein Telefon oder einen Sicherheitsschlüssel.",
    "failure.create.key_declined": "Es wurde kein Passkey angelegt: Die Aufforderung wurde geschlossen, oder der Schlüssel oder das Telefon lehnte ab. Ein Sicherheitsschlüssel braucht vielleicht zuerst eine PIN: Die Einstellungen des Systems oder Browsers vergeben eine.",
    "failure.get.key_declined": "Sie sind nicht angemeldet: Die Aufforderung wurde geschlossen, oder Schlüssel oder Telefon haben keinen passenden Passkey. Nehmen Sie das Gerät mit Ihrem.",
    "failure.create.no_prompt": "Ihr Browser hat ohne Rückfrage keinen Passkey angelegt. Prüfen Sie in seinen Einstellungen, ob Passkeys erlaubt sind.",
    "failure.get.no_prompt": "Auf diesem Gerät ist kein passender Passkey. Nehmen Sie das Gerät, das Ihren hat, oder legen Sie ein Konto an.",
    "failure.create.dismissed": "Es wurde kein Passkey angelegt: Die Aufforderung wurde geschlossen, oder Ihr Gerät lehnte ab. Versuchen Sie es noch einmal, und bestätigen Sie.",
    "failure.get.dismissed": "Sie sind nicht angemeldet: Die Aufforderung wurde geschlossen, oder kein Passkey passt. Versuchen Sie es noch einmal, oder nehmen Sie das Gerät mit Ihrem Passkey.",
    "failure.create.InvalidStateError": "Dieses Gerät hat schon einen Passkey dieses Kontos. Nehmen Sie ein anderes Gerät oder einen Sicherheitsschlüssel.",
    "failure.get.InvalidStateError": "Dieser Passkey ist gerade nicht nutzbar. Versuchen Sie es noch einmal, oder nehmen Sie einen anderen.",
    "failure.SecurityError": "Der Browser lehnt Passkeys von „{rpId}“ unter {origin} ab. Öffnen Sie die Seite unter der Adresse der Website.",
    "failure.create.NotSupportedError": "Dieses Gerät beherrscht keines der Signaturverfahren, die der Server annimmt. Nehmen Sie ein anderes.",
    "failure.get.NotSupportedError": "Dieser Browser kann nicht, was der Server verlangt. Aktualisieren Sie ihn, oder nehmen Sie einen anderen.",
    "failure.ConstraintError": "Dieses Gerät kann den Passkey nicht so aufbewahren, wie die Website es verlangt: Es fehlt eine PIN oder ein Fingerabdruck. Richten Sie das ein, oder nehmen Sie ein anderes.",
    "failure.OperationError": "Der Browser ist noch mit einer anderen Passkey-Anfrage beschäftigt. Schließen Sie deren Fenster, und versuchen Sie es noch einmal.",
    "failure.options": "Dieser Browser konnte die Angaben des Servers nicht lesen. Aktualisieren Sie ihn, oder nehmen Sie einen anderen.",
    "failure.other": "Der Passkey war nicht nutzbar ({code}). Versuchen Sie es noch einmal, oder nehmen Sie ein anderes Gerät.",

    "obstacle.insecure": "Passkeys brauchen eine sichere Seite. Öffnen Sie diese über https, oder unter http://localhost auf dem Rechner, der sie ausliefert.",
    "obstacle.ip_address": "Unter einer IP-Adresse funktionieren keine Passkeys. Öffnen Sie die Seite unter dem Namen der Website.",
    "obstacle.unsupported": "Dieser Browser kann keine Passkeys, oder sie sind abgeschaltet. Aktualisieren Sie ihn, oder nehmen Sie einen anderen.",
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

/** Writes the words into a page: where an element says `data-text` or `data-label`. */
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

/** @param {string} moment RFC 3339 */
export const time = (moment) => new Date(moment).toLocaleTimeString(language, { timeStyle: "short" });

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
  const refused = characterIn(detail);
  const particular = `${known}.character`;
  if (refused !== null && has(particular)) return words(particular, refused);
  const key = has(known) ? known : step ? "problem.refused" : "problem.other";
  return words(key, {
    status,
    seconds: retryAfter ?? 60,
    origin: location.origin,
    detail: asSentence((detail || message).replace(/^`\w+`: /, "")),
  });
}

/**
 * Which character was refused, where the host names it as `U+0020`.
 *
 * @param {string} detail
 */
function characterIn(detail) {
  const [point = "", hex = ""] = /U\+([0-9A-F]{4,6})/.exec(detail) ?? [];
  if (point === "") return null;
  const character = String.fromCodePoint(Number.parseInt(hex, 16));
  // What cannot be seen is not written: it could turn the sentence around.
  const kind = /\p{Z}/u.test(character) ? "space" : /[\p{C}\p{M}]/u.test(character) ? "unseen" : "seen";
  return { point, character: words(`character.${kind}`, { character }) };
}

/** @param {string} detail */
function asSentence(detail) {
  const text = detail.trim();
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) || text === "" ? "" : ".");
}
