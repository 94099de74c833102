/** What `portcullis.js` exports. Binary values are base64url, times are RFC 3339. */

/** What the host knows of a passkey. */
export interface Credential {
  id: string;
  /** The COSE key. */
  publicKey: string;
  algorithm: number;
  aaguid: string;
  transports: string[];
  signCount: number;
  backupEligible: boolean;
  backupState: boolean;
  userVerified: boolean;
  /** After a sign-in: the record that it was verified against. */
  before?: { signCount: number; backupState: boolean };
}

/** A passkey as its owner sees it. */
export interface CredentialItem extends Credential {
  name: string | null;
  /** By AAGUID, where it is known. */
  product: string | null;
  created: string;
  lastUsed: string | null;
  browser: string | null;
  platform: string | null;
  /** It began this session. */
  current: boolean;
}

export interface Session {
  username: string;
  displayName: string;
  sub: string;
  authTime: string;
  expires: string;
  idleExpires: string;
  credentialId: string | null;
  userVerified: boolean;
  fresh: boolean;
}

export interface SessionItem {
  id: string;
  created: string;
  lastUsed: string;
  browser: string | null;
  platform: string | null;
  credentialId: string;
  current: boolean;
}

export interface Account {
  username: string;
  displayName: string;
  sub: string;
  created: string;
  credentials: number;
  recoveryCodes: number;
  signal: { allAcceptedCredentials: object; currentUserDetails: object };
}

/** What the host offers. */
export interface Settings {
  recoveryCodes: boolean;
  signup: "open" | "invite";
  /** Names the host's process, where its accounts end with it. */
  process?: string;
}

/** A link that adds one passkey to the account. */
export interface DeviceLink {
  /** To be opened on the other device; short enough to be typed. */
  link: string;
  expires: string;
  /** The link and the name: modules in a row, and the dark ones as the `d` of an SVG path. */
  qr: { size: number; path: string };
}

/** What the host says to a ceremony that it accepts. */
export interface Answer {
  status: "OK";
  username: string;
  credential: Credential;
  login_token?: string;
  /** Seconds. */
  expires_in?: number;
  recovered?: boolean;
}

/** What is asked for: the document by its SHA-256. */
export interface Asked {
  document: string;
  /** What approvers are shown. */
  text: string;
  /** How many approvals it takes; 1 where it is left out. */
  threshold?: number;
  /** Who may approve; everybody who has an account where it is left out. */
  approvers?: string[];
  /** Seconds in which approvals count. */
  life?: number;
}

export interface ApprovalBegun {
  token: string;
  expires: string;
  publicKey: PublicKeyCredentialRequestOptionsJSON;
}

export interface ApprovalRequest {
  issuer: string;
  document: string;
  text: string;
  begun: string;
  expires: string;
  threshold: number;
  approvers: string[];
  publicKey: PublicKeyCredentialRequestOptionsJSON;
}

export interface ApprovalReceipt {
  /** A JWS. */
  receipt: string;
  /** How many more approvals it takes. */
  missing: number;
}

export interface Begun {
  publicKey: PublicKeyCredentialCreationOptionsJSON | PublicKeyCredentialRequestOptionsJSON;
  challenge_token: string;
}

/** Options, and the browser's response to them. */
export type Ceremony =
  | {
      kind: "registration";
      options: PublicKeyCredentialCreationOptionsJSON;
      response: RegistrationResponseJSON;
      challengeToken: string;
    }
  | {
      kind: "authentication";
      options: PublicKeyCredentialRequestOptionsJSON;
      response: AuthenticationResponseJSON;
      challengeToken: string;
    };

export interface Result {
  answer: Answer;
  ceremony: Ceremony;
}

export interface CeremonyOptions {
  /** Ends the ceremony. */
  signal?: AbortSignal;
  /** Called when the browser is about to ask the person. */
  onPrompt?: () => void;
}

/** What the name of a browser's error hides. */
export type Cause =
  | "cancelled"
  | "timed_out"
  | "not_in_front"
  | "no_screen_lock"
  | "key_declined"
  | "none_here"
  | "no_prompt"
  | "dismissed"
  | "other";

export class PortcullisError extends Error {
  constructor(code: string, message: string);
  /** The host's problem code, or the name of the browser's error. */
  code: string;
}

/** The host refused. */
export class Problem extends PortcullisError {
  constructor(call: string, body: Record<string, unknown>, retryAfter?: number | null);
  call: string;
  status: number;
  detail: string;
  step: string | null;
  /** Seconds. */
  retryAfter: number | null;
  signal: Record<string, unknown> | null;
  ceremony: Ceremony | null;
}

/** The browser gave no response. */
export class CeremonyError extends PortcullisError {
  constructor(call: "create" | "get", code: string, reason: Cause, rpId: string);
  call: "create" | "get";
  reason: Cause;
  rpId: string;
}

/** Creates an account with its first passkey, and signs in to it. */
export function register(
  username: string,
  options?: CeremonyOptions & { displayName?: string; invitation?: string },
): Promise<Result>;
/** Adds a passkey to the account that is signed in, freshly; `quietly` without asking anybody. */
export function addPasskey(
  username: string,
  options?: CeremonyOptions & { quietly?: boolean },
): Promise<Result>;
/** Adds a passkey to the account of a recovery code, and signs in to it. */
export function recover(username: string, code: string, options?: CeremonyOptions): Promise<Result>;
/** Signs in; without a name, with any passkey of the site, or at once with one of this device (`immediate`). */
export function signIn(
  username?: string | null,
  options?: CeremonyOptions & { immediate?: boolean },
): Promise<Result>;
/** Offers passkeys among the suggestions of a field with `autocomplete="username webauthn"`. */
export function autofill(onPicked: (complete: () => Promise<Result>) => void): {
  stop(): void;
  isWaiting(): boolean;
};
export function signOut(): Promise<void>;
export function loginToken(): string | null;
export function session(): Promise<Session | null>;
export function sessions(): Promise<SessionItem[]>;
export function endSession(id: string): Promise<null>;
export function endAllSessions(): Promise<void>;
export function credentials(): Promise<CredentialItem[]>;
export function renameCredential(id: string, name: string | null): Promise<CredentialItem>;
export function removeCredential(id: string): Promise<void>;
export function account(): Promise<Account>;
export function renameAccount(displayName: string | null): Promise<Account>;
export function deleteAccount(): Promise<void>;
export function makeRecoveryCodes(): Promise<string[]>;
export function deviceLink(): Promise<DeviceLink>;
/** Asks for approvals of a document, in the name of who is signed in. */
export function beginApproval(asked: Asked): Promise<ApprovalBegun>;
/** What a token asks for. */
export function approvalRequest(token: string): Promise<ApprovalRequest>;
/** Approves it with a passkey; `receipts` of others, whose approvals the new receipt has too. */
export function approve(token: string, options?: CeremonyOptions & { receipts?: string[] }): Promise<ApprovalReceipt>;
/** What a verifier of receipts trusts. */
export function receiptTrust(threshold: number): Promise<object>;
export function settings(): Promise<Settings>;
/** Whether the browser says that it has a capability. */
export function can(capability: string): Promise<boolean>;
/** Why this browser, at this address, cannot do passkeys at all. */
export function obstacle(): "insecure" | "ip_address" | "unsupported" | null;
export function create(
  options: PublicKeyCredentialCreationOptionsJSON,
  signal?: AbortSignal,
  mediation?: CredentialMediationRequirement,
): Promise<RegistrationResponseJSON>;
export function get(
  options: PublicKeyCredentialRequestOptionsJSON,
  mode: CredentialMediationRequirement | "immediate",
  signal?: AbortSignal,
): Promise<AuthenticationResponseJSON>;
