//! Every limit of the verifier, each with its reason.
//!
//! Inputs are the caller's slices, so nothing here reserves memory for the largest case. The limits bound
//! work and nesting, and the sizes of the few owned types.

/// Longest credential id that a registration may bring, in bytes (step 25 of
/// [section 7.1](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential)).
pub const CREDENTIAL_ID_MAX: usize = 1023;

/// Longest user handle, in bytes (
/// [section 5.4.3](https://www.w3.org/TR/webauthn-3/#dictionary-user-credential-params)).
pub const USER_HANDLE_MAX: usize = 64;

/// Nesting of arrays and maps in CBOR. A compound attestation statement needs 5: the attestation
/// object, the statement, its array, one statement in it, that one's certificate list.
pub const CBOR_DEPTH_MAX: usize = 8;

/// Data items in one CBOR structure. Genuine attestation objects stay under 100; the limit keeps the
/// cost of hostile ones in proportion.
pub const CBOR_ITEMS_MAX: u32 = 1024;

/// Members of one CBOR map whose keys do not come in canonical order. Only such a map is compared
/// key by key for duplicates, which costs the square of its size.
pub const CBOR_UNSORTED_MAX: u32 = 64;

/// Shortest RSA modulus, in bits (RFC 8230 section 2).
pub const RSA_MODULUS_MIN: usize = 2048;

/// Longest RSA modulus, in bits: no authenticator or attestation authority uses a longer one, and the
/// cost of a verification grows with its square.
pub const RSA_MODULUS_MAX: usize = 4096;

/// Longest RSA exponent, in bits: the work of a verification grows with it. Nearly all are 65537; BoringSSL,
/// AWS-LC and ring have the same limit.
pub const RSA_EXPONENT_MAX: usize = 33;

/// Extensions of one certificate. Genuine ones have up to 12; each is compared with those before it.
#[cfg(feature = "attestation")]
pub const CERTIFICATE_EXTENSIONS_MAX: usize = 32;

/// Certificates in one attestation statement. Genuine chains have up to 5.
#[cfg(feature = "attestation")]
pub const CERTIFICATES_MAX: usize = 8;

/// Signatures that are verified to find one trust path: as many as the longest path has. One of P-521 counts
/// twice, one of Ed448 four times; where issuers share a name, the wrong ones count as well.
#[cfg(feature = "trust")]
pub const PATH_SIGNATURES_MAX: u8 = 8;

/// Roots of one authenticator model. The FIDO metadata lists up to a few dozen.
#[cfg(feature = "trust")]
pub const MODEL_ROOTS_MAX: usize = 1024;

/// Statements in one compound attestation, which has at least two. Each may cost a signature of the slowest
/// kind, so this bounds the cost of a hostile one.
#[cfg(feature = "attestation")]
pub const COMPOUND_STATEMENTS_MAX: usize = 2;

/// Longest header or payload of a `SafetyNet` response, in base64url: genuine headers have up to 8 KiB of
/// it.
#[cfg(feature = "attestation")]
pub const SAFETYNET_JSON_MAX: usize = 10_924;

/// Longest certificates of a `SafetyNet` response, all together and in base64: the header has them so, and
/// is itself a third longer in base64url.
#[cfg(feature = "attestation")]
pub const SAFETYNET_CHAIN_MAX: usize = SAFETYNET_JSON_MAX / 4 * 3;

/// Longest signature of a `SafetyNet` response in base64url: that of the longest RSA key.
#[cfg(feature = "attestation")]
pub const SAFETYNET_SIGNATURE_MAX: usize = (RSA_MODULUS_MAX / 8 * 4).div_ceil(3);

/// Longest clientDataJSON, in bytes. Genuine ones have up to about 400; it is read, scanned and hashed.
pub const CLIENT_DATA_MAX: usize = 8192;

/// Nesting of arrays and objects in JSON: one bit each in the scanner's stack.
pub const JSON_DEPTH_MAX: u32 = 64;

/// Values in one JSON document, those inside others included. A check with all its lists full has about 500.
pub const JSON_VALUES_MAX: u32 = 4096;

/// Longest list of RP ids, origins, algorithms or formats in a check.
#[cfg(feature = "json")]
pub const CHECK_LIST_MAX: usize = 64;

/// Longest list of credential ids in a check.
#[cfg(feature = "json")]
pub const CHECK_CREDENTIALS_MAX: usize = 256;

/// Most approvals of one receipt. Each costs a signature.
#[cfg(feature = "approval")]
pub const APPROVALS_MAX: usize = 16;

/// Steps that a [`TraceLog`](crate::ceremony::TraceLog) has to hold for any ceremony: 7.1 has 29
/// steps, the first two are the browser's.
pub const TRACE_STEPS_MAX: usize = 27;
