//! Ceremonies in which everything is right but, perhaps, the part that is fuzzed.

use base64ct::{Base64UrlUnpadded, Encoding};
use portcullis_core::ceremony::{AttestationPolicy, VerifiedAuthentication, VerifiedRegistration};
use portcullis_core::data::{AuthenticatorData, PublicKey};
use portcullis_core::{
    AuthenticationResponse, Challenge, CredentialRecord, Crypto, Error, Origin, Policy,
    RegistrationResponse, Sha256, algorithm::SoftSha256, fuzzing, verify_authentication,
    verify_registration,
};
use portcullis_invariants::{Watch, explain_at, judge};
use serde_json::Value;

use crate::permissive::{RpIdHash, with_any_signature};

/// The challenge of every ceremony.
pub const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";
/// The origin of every ceremony.
pub const ORIGIN: &str = "https://example.org";
const RP_ID: &str = "example.org";
const CREDENTIAL_ID: &[u8] = b"a credential id";
/// The base point of P-256 as an ES256 key.
const KEY: &[u8] = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20\
    \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\
    \x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
    \x22\x58\x20\
    \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\
    \x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";

/// Client data as a browser writes them.
#[must_use]
pub fn client_data(ty: &str) -> Vec<u8> {
    let challenge = Base64UrlUnpadded::encode_string(CHALLENGE);
    format!(
        r#"{{"type":"{ty}","challenge":"{challenge}","origin":"{ORIGIN}","crossOrigin":false}}"#
    )
    .into_bytes()
}

fn challenge() -> Challenge<'static> {
    Challenge::new(CHALLENGE).expect("a challenge has bytes")
}

fn origin() -> Origin<'static> {
    Origin::parse(ORIGIN).expect("an origin")
}

/// Registers with this attestation object, any signature and any RP ID taken.
pub fn register(attestation_object: &[u8], attestation: AttestationPolicy, roots: &[&[u8]]) {
    let authenticator_data = fuzzing::attestation_object(attestation_object).map(|(_, data)| data);
    let authenticator_data = authenticator_data.unwrap_or_default();
    let parsed = AuthenticatorData::parse(authenticator_data).ok();
    let attested = parsed.and_then(|data| data.attested_credential_data().copied());
    let id = attested.map_or(CREDENTIAL_ID, |attested| attested.credential_id());
    let client_data = client_data("webauthn.create");
    let response = RegistrationResponse::new(id, &client_data, attestation_object);
    let origins = [origin()];
    let policy = Policy::new(&[RP_ID], &origins)
        .with_attestation(attestation)
        .with_roots(roots);
    let sha256 = RpIdHash::of(authenticator_data);
    with_any_signature(&sha256, |crypto| {
        let mut watch = Watch::default();
        let result = verify_registration(&response, challenge(), &policy, crypto, &mut watch);
        watch.assert_tells(&result);
        assert_registered(&result);
    });
}

/// What is called verified is within its limits.
fn assert_registered(result: &Result<VerifiedRegistration<'_>, Error>) {
    let Ok(verified) = result else { return };
    assert!(verified.credential_id().len() <= 1023);
    assert!(!verified.backup_state() || verified.backup_eligible());
    let key = portcullis_core::data::CoseKey::parse(verified.public_key());
    assert_eq!(key.map(|key| key.algorithm()), Ok(verified.algorithm()));
}

/// Signs in with these authenticator data, any signature and any RP ID taken.
pub fn sign_in_with(authenticator_data: &[u8]) {
    let client_data = client_data("webauthn.get");
    let result = sign_in(
        &client_data,
        authenticator_data,
        &[origin()],
        &RpIdHash::of(authenticator_data),
    );
    if let Ok(verified) = result {
        assert!(!verified.backup_state() || verified.backup_eligible());
    }
}

/// Signs in with these client data on one of these origins, any signature taken.
pub fn sign_in_from(client_data: &[u8], origins: &[Origin<'_>]) -> Result<(), Error> {
    let mut authenticator_data = SoftSha256.digest(&[RP_ID.as_bytes()]).to_vec();
    authenticator_data.extend([0x05, 0, 0, 0, 1]);
    sign_in(client_data, &authenticator_data, origins, &SoftSha256).map(|_| ())
}

fn sign_in<'a>(
    client_data: &'a [u8],
    authenticator_data: &'a [u8],
    origins: &[Origin<'_>],
    sha256: &dyn Sha256,
) -> Result<VerifiedAuthentication<'a>, Error> {
    let response =
        AuthenticationResponse::new(CREDENTIAL_ID, client_data, authenticator_data, b"signature");
    let record = CredentialRecord::new(CREDENTIAL_ID, KEY, 0);
    let policy = Policy::new(&[RP_ID], origins);
    with_any_signature(sha256, |crypto| {
        let mut watch = Watch::default();
        let result = verify_authentication(
            &response,
            Some(&record),
            challenge(),
            &policy,
            crypto,
            &mut watch,
        );
        watch.assert_tells(&result);
        result
    })
}

/// Judges a whole check three times: as it is, with any signature taken, and with any RP ID taken as
/// well. The first two differ only where a signature has decided.
pub fn judge_check(check: &[u8]) {
    // The verdict of the first holds for the diagnosis too, which may cost only so much.
    let _explained = explain_at(check, None, &Crypto::BUILT_IN);
    let strict = judge(check, &Crypto::BUILT_IN);
    let any_signature = with_any_signature(&SoftSha256, |crypto| judge(check, crypto));
    if !decided_by_signature(&strict.json) {
        let texts = (strict.text, any_signature.text);
        assert_eq!(texts.0, texts.1, "no signature has decided this");
    }
    if let Some(authenticator_data) = authenticator_data(check) {
        let sha256 = RpIdHash::of(&authenticator_data);
        let _verdict = with_any_signature(&sha256, |crypto| judge(check, crypto));
    }
}

fn decided_by_signature(verdict: &Value) -> bool {
    let code = verdict["code"].as_str().unwrap_or_default();
    // On the way to a root, which of several issuers is taken depends on the signatures.
    code.ends_with("signature_invalid") || verdict["step"] == "7.1.24"
}

fn authenticator_data(check: &[u8]) -> Option<Vec<u8>> {
    let check: Value = serde_json::from_slice(check).ok()?;
    let response = check.get("response")?.get("response")?;
    let decode = |name| Base64UrlUnpadded::decode_vec(response.get(name)?.as_str()?).ok();
    decode("authenticatorData").or_else(|| {
        let object = decode("attestationObject")?;
        let (_, data) = fuzzing::attestation_object(&object).ok()?;
        Some(data.to_vec())
    })
}

/// Whether a key takes this signature, by any algorithm that takes the key.
#[must_use]
pub fn takes_signature(key: &PublicKey<'_>, signature: &[u8]) -> bool {
    let crypto = Crypto::BUILT_IN;
    crypto
        .algorithms
        .iter()
        .chain(crypto.attestation_algorithms)
        .filter(|algorithm| algorithm.check_key(key).is_ok())
        .any(|algorithm| algorithm.verify(key, &[CHALLENGE], signature).is_ok())
}
