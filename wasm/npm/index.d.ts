/** What the relying party knew and wanted, and the response it got. */
export interface Check {
  kind: "registration" | "authentication";
  rpId: string;
  origins: string[];
  /** In base64url. */
  challenge: string;
  /** `RegistrationResponseJSON` or `AuthenticationResponseJSON`. */
  response: object;
  /** The stored record of the credential, for a sign-in. */
  credential?: {
    id: string;
    /** COSE, in base64url. */
    publicKey: string;
    signCount: number;
    backupEligible?: boolean;
    backupState?: boolean;
  };
  [member: string]: unknown;
}

/** One step of a ceremony, as WebAuthn Level 3 numbers it. */
export interface Step {
  step: string;
  slug: string;
  title: string;
  outcome: "pass" | "fail" | "skip";
  detail: string;
}

/** What went wrong, and what to change. */
export interface Finding {
  code: string;
  text: string;
  /** Whether it was verified on the values, not only guessed. */
  proven: boolean;
}

export interface Verdict {
  accepted: boolean;
  /** Only where it is not accepted; `not_a_check` where the input is none. */
  code?: string;
  step?: string;
  slug?: string;
  detail?: string;
  trace?: Step[];
  notes?: string[];
  /** At most three, best first. */
  diagnosis?: Finding[];
  /** Only where it is accepted. */
  credential?: {
    id: string;
    publicKey: string;
    algorithm: number | null;
    aaguid?: string;
    fmt?: string;
    attestationType?: string | null;
    signCount: number;
    backupEligible: boolean;
    backupState: boolean;
    userVerified: boolean;
  };
}

/** A field of an artefact; what holds others has them in `fields`. */
export interface Field {
  name?: string;
  artefact?: string;
  at?: number;
  length?: number;
  value?: string | number | boolean;
  bytes?: string;
  meaning?: string;
  problem?: string;
  broken?: string;
  fields?: Field[];
}

export interface Dump {
  guess: {
    artefact: string;
    encoding: string;
    at: number;
    embedded: boolean;
    cut: boolean;
    certain: boolean;
  };
  artefacts: Field[];
}

/**
 * Judges one check: the verdict that `portcullis verify` gives.
 * `now`: the time, in seconds since 1970, at which trust is judged where the check names none.
 */
export function verify(check: Check | string, options?: { now?: number }): Promise<Verdict>;

/** Why a check is refused, or none, and what to change: the verdict's `diagnosis`; empty where it is accepted. */
export function diagnose(check: Check | string, options?: { now?: number }): Promise<Finding[]>;

/** Explains any one artefact, byte by byte: bytes, or a text in whatever form it was pasted. */
export function inspect(artefact: ArrayBuffer | ArrayBufferView | string): Promise<Dump>;
