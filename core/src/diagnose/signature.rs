//! The signature does not verify: over what, with what, or in what form would it?

use super::public_key::{self, Algorithm, Key, Signed};
use super::written::{self, Form};
use super::{Diagnosis, Findings, Rejected, Response, Work};
use crate::ceremony::Challenge;
use crate::data::{AuthenticatorData, CoseAlgorithm, CoseKey, PublicKey};
use crate::encoding::What;
use crate::encoding::json::Value;

/// What the signature is tried with.
struct Trial<'t, 'a, 'c> {
    key: &'t CoseKey<'a>,
    signed: &'t Signed<'a>,
    work: &'t mut Work<'c>,
}

impl Trial<'_, '_, '_> {
    fn verifies(&mut self, message: &[&[u8]], signature: &[u8]) -> bool {
        self.work
            .verifies(self.key.algorithm(), self.key.key(), message, signature)
    }

    /// Over what should be signed.
    fn is_signature(&mut self, signature: &[u8]) -> bool {
        let signed = self.signed;
        self.verifies(&[signed.authenticator_data, &signed.hash], signature)
    }

    /// Over other client data.
    fn is_over(&mut self, client_data: &[u8]) -> bool {
        let signed = self.signed;
        let Some(hash) = self.work.sha256(&[client_data]) else {
            return false;
        };
        self.verifies(&[signed.authenticator_data, &hash], signed.signature)
    }
}

pub(super) fn diagnose(
    case: &Rejected<'_>,
    document: Value<'_>,
    room: &mut [u8],
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) {
    let Response::Authentication(response, Some(record)) = case.response else {
        return;
    };
    let Ok(key) = CoseKey::parse(record.public_key) else {
        return;
    };
    let signed = Signed::of(response, work);
    if misfit(&key, &signed, work, findings) {
        return;
    }
    let trial = &mut Trial {
        key: &key,
        signed: &signed,
        work,
    };
    if encoding(document, trial, room, findings) || client_data(trial, room, findings) {
        return;
    }
    // A check that lists other credentials asks for them: they come before what is rare.
    public_key::of_another_credential(document, &signed, room, trial.work, findings);
    if findings.is_empty() {
        let _ = extensions(trial, room, findings)
            || other_hash(trial, findings)
            || other_message(trial, case.challenge, room, findings);
    }
    if findings.is_empty() {
        findings.guess(
            Diagnosis::SignatureOfAnotherResponse,
            format_args!(
                "Key, algorithm and encodings are in order, and the signature verifies over none of the usual mistakes: it is of \
                 another response, or by another credential's key. Take `signature`, `authenticatorData` and \
                 `clientDataJSON` from one response, unchanged, and the key that was stored with its `id`.",
            ),
        );
    }
}

/// The key is none of its algorithm's.
fn misfit(
    key: &CoseKey<'_>,
    signed: &Signed<'_>,
    work: &mut Work<'_>,
    findings: &mut Findings<'_>,
) -> bool {
    let crypto = work.crypto;
    let fits = crypto
        .algorithm(key.algorithm())
        .is_some_and(|algorithm| algorithm.check_key(key.key()).is_ok());
    if fits {
        return false;
    }
    if let Some(algorithm) = signed.by(&Key::of(*key.key()), work) {
        findings.proven(
                Diagnosis::KeyAndAlgorithmDiffer,
                format_args!(
                    "The record's COSE key names the algorithm {} and is a key of {}, with which the signature verifies. Store the COSE \
                     key as the authenticator sent it, its `alg` (3) included.",
                    Algorithm(key.algorithm()),
                    Algorithm(algorithm)
                ),
            );
        return true;
    }
    public_key::misfit(key, work, findings);
    true
}

/// The signature in another form.
fn encoding(
    document: Value<'_>,
    trial: &mut Trial<'_, '_, '_>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) -> bool {
    let signature = trial.signed.signature;
    if let PublicKey::Ec2 { curve, .. } = trial.key.key()
        && signature.len() == curve.coordinate_length().saturating_mul(2)
        && let Some((der, _)) = in_der(signature, room)
        && trial.is_signature(der)
    {
        findings.proven(
            Diagnosis::SignatureRaw,
            format_args!(
                "The signature is the bare r || s ({} bytes), and verifies once it is in DER, as WebAuthn has it: \
                 SEQUENCE {{ r INTEGER, s INTEGER }}. Something converted it (JWS and Web Crypto use the bare form); send it \
                 as the authenticator gave it.",
                signature.len()
            ),
        );
        return true;
    }
    let member = written::at(document, &["response", "response", "signature"]);
    for form in [Form::Hexadecimal, Form::Twice] {
        if let Some(member) = member
            && let Some((bytes, _)) = written::decode(member, form, room)
            && matches!(bytes, [0x30, ..])
            && trial.is_signature(bytes)
        {
            findings.proven(
                form.of_value(),
                format_args!(
                    "`signature` is {}; decoded so, it verifies. {}.",
                    form.describe(),
                    form.remedy()
                ),
            );
            return true;
        }
    }
    if signature.is_empty() {
        findings.proven(
            Diagnosis::MemberMissing,
            format_args!(
                "`signature` is empty. Take `credential.response.signature`, bytes in base64url."
            ),
        );
        return true;
    }
    if let Some(text) = member.and_then(Value::as_str)
        && written::lost("signature", text, room, findings)
    {
        return true;
    }
    // A sequence that says how long it is.
    if let (PublicKey::Ec2 { .. }, [0x30, length @ 8..=0x7f, ..]) = (trial.key.key(), signature)
        && let Some((whole, [_, ..])) =
            signature.split_at_checked(usize::from(*length).saturating_add(2))
        && trial.is_signature(whole)
    {
        findings.proven(
            Diagnosis::ValueTrailingBytes,
            format_args!(
                "`signature` ends after {} bytes, with which it verifies, and {} came: a buffer larger than its content was encoded whole. \
                 Encode the bytes that are in use.",
                whole.len(),
                signature.len()
            ),
        );
        return true;
    }
    if let (PublicKey::Ec2 { .. }, [0x30, length @ 8..=0x7f, rest @ ..]) =
        (trial.key.key(), signature)
        && rest.len() < usize::from(*length)
    {
        findings.proven(
            Diagnosis::SignatureCut,
            format_args!(
                "The signature is cut: it says that {length} bytes follow its head, and {} do. Something shortened it, such as a column \
                 that is too short.",
                rest.len()
            ),
        );
        return true;
    }
    false
}

/// The bare r || s in DER.
fn in_der<'r>(signature: &[u8], room: &'r mut [u8]) -> Option<written::Filled<'r>> {
    let half = signature.len().checked_div(2)?;
    let (r, s) = signature.split_at_checked(half)?;
    let number = |number: &'_ [u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let sign = number.get(zeros).is_some_and(|byte| *byte >= 0x80);
        (zeros, usize::from(sign))
    };
    let ((r_zeros, r_sign), (s_zeros, s_sign)) = (number(r), number(s));
    let (r, s) = (r.get(r_zeros..)?, s.get(s_zeros..)?);
    let r_length = u8::try_from(r.len().checked_add(r_sign)?).ok()?;
    let s_length = u8::try_from(s.len().checked_add(s_sign)?).ok()?;
    let length = r_length.checked_add(s_length)?.checked_add(4)?;
    let long: &[u8] = if length < 0x80 { &[] } else { &[0x81] };
    let zero: &[u8] = &[0];
    let sign_of = |sign| zero.get(..sign).unwrap_or_default();
    let heads = ([0x30], [length], [2, r_length], [2, s_length]);
    let bytes = heads
        .0
        .iter()
        .chain(long)
        .chain(&heads.1)
        .chain(&heads.2)
        .chain(sign_of(r_sign))
        .chain(r)
        .chain(&heads.3)
        .chain(sign_of(s_sign))
        .chain(s)
        .map(|byte| Some(*byte));
    written::fill(bytes, room)
}

/// Client data as a browser would have written them.
fn client_data(
    trial: &mut Trial<'_, '_, '_>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) -> bool {
    let given = trial.signed.client_data;
    let text = given.strip_prefix(b"\xef\xbb\xbf").unwrap_or(given);
    let Ok(value) = Value::parse(text, What::Json) else {
        return false;
    };
    let member = |name| {
        let text = written::member(value, name)?.as_str()?;
        Some(written::Unescaped(text))
    };
    let (Some(ty), Some(challenge), Some(origin)) =
        (member("type"), member("challenge"), member("origin"))
    else {
        return false;
    };
    const GOOGLE: &str = ",\"other_keys_can_be_added_here\":\"do not compare clientDataJSON against a template. \
        See https://goo.gl/yabPex\"";
    // As browsers serialise it (section 5.8.1.1).
    let begin =
        format_args!("{{\"type\":\"{ty}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\"");
    let frame = ",\"crossOrigin\":false";
    let ends = [(frame, ""), (frame, GOOGLE), ("", "")];
    let is_browsers = |end: &(&'static str, &'static str), room: &mut [u8]| {
        written::printed(Parts(begin, *end), room).is_some_and(|(json, _)| json.as_bytes() == given)
    };
    // What is written as a browser writes it can still have lost members.
    let written_as = ends.iter().position(|end| is_browsers(end, room));
    let others = match written_as {
        Some(0) => ends.get(1..2),
        Some(1) => None,
        Some(_) => ends.get(..2),
        None => Some(&ends[..]),
    };
    for end in others.unwrap_or_default().iter().copied() {
        if let Some((json, _)) = written::printed(Parts(begin, end), room)
            && trial.is_over(json.as_bytes())
        {
            findings.proven(
                Diagnosis::ClientDataSerialisedAgain,
                format_args!(
                    "The signature verifies over the client data as the browser wrote them ({} bytes), not as they arrived ({} bytes): they \
                     were parsed and serialised again on the way. Pass `clientDataJSON` on byte for byte.",
                    json.len(),
                    given.len()
                ),
            );
            return true;
        }
    }
    false
}

/// Client data in their parts.
struct Parts<'a>(core::fmt::Arguments<'a>, (&'static str, &'static str));

impl core::fmt::Display for Parts<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self(begin, (frame, more)) = self;
        write!(f, "{begin}{frame}{more}}}")
    }
}

/// Authenticator data without their extensions.
fn extensions(trial: &mut Trial<'_, '_, '_>, room: &mut [u8], findings: &mut Findings<'_>) -> bool {
    let signed = trial.signed;
    let Ok(data) = AuthenticatorData::parse(signed.authenticator_data) else {
        return false;
    };
    let Some(outputs) = data.extensions() else {
        return false;
    };
    let length = data.bytes().len().saturating_sub(outputs.len());
    let kept = data.bytes().iter().take(length).enumerate();
    // ED is bit 7 of the byte after the hash.
    let bytes = kept.map(|(index, byte)| Some(if index == 32 { byte & 0x7f } else { *byte }));
    let Some((bytes, _)) = written::fill(bytes, room) else {
        return false;
    };
    let verifies = trial.verifies(&[bytes, &signed.hash], signed.signature);
    if verifies {
        findings.proven(
            Diagnosis::SignatureWithoutExtensions,
            format_args!(
                "The signature is over the authenticator data without their {} bytes of extension outputs: an authenticator in software \
                 adds them after signing. It has to sign what it sends.",
                outputs.len()
            ),
        );
    }
    verifies
}

/// The same key with another hash or padding.
fn other_hash(trial: &mut Trial<'_, '_, '_>, findings: &mut Findings<'_>) -> bool {
    const ECDSA: &[CoseAlgorithm] = &[
        CoseAlgorithm::ES256,
        CoseAlgorithm::ES384,
        CoseAlgorithm::ES512,
    ];
    const RSA: &[CoseAlgorithm] = &[
        CoseAlgorithm::RS256,
        CoseAlgorithm::PS256,
        CoseAlgorithm::RS1,
        CoseAlgorithm::RS512,
    ];
    let others = match trial.key.key() {
        PublicKey::Ec2 { .. } => ECDSA,
        PublicKey::Rsa { .. } => RSA,
        _ => &[],
    };
    let signed = trial.signed;
    let message = [signed.authenticator_data, &signed.hash];
    let own = trial.key.algorithm();
    for other in others.iter().copied().filter(|other| *other != own) {
        if trial
            .work
            .verifies(other, trial.key.key(), &message, signed.signature)
        {
            findings.proven(
                Diagnosis::SignatureOtherHash,
                format_args!(
                    "The signature verifies as {} with the same key, which is stored as {}: the signer uses another hash or padding than the \
                     key's algorithm has.",
                    Algorithm(other),
                    Algorithm(own)
                ),
            );
            return true;
        }
    }
    false
}

/// The same key over something else.
fn other_message(
    trial: &mut Trial<'_, '_, '_>,
    challenge: Challenge<'_>,
    room: &mut [u8],
    findings: &mut Findings<'_>,
) -> bool {
    let Signed {
        authenticator_data,
        client_data,
        ref hash,
        signature,
    } = *trial.signed;
    if trial.verifies(&[authenticator_data, client_data], signature) {
        findings.proven(
            Diagnosis::SignatureOverClientData,
            format_args!(
                "The signature is over the authenticator data and `clientDataJSON` itself. What is signed is the SHA-256 of \
                 `clientDataJSON`, after the authenticator data.",
            ),
        );
        return true;
    }
    let characters = challenge.characters().map(char::from);
    if let Some((challenge, _)) = written::base64(characters, room)
        && trial.verifies(&[challenge], signature)
    {
        findings.proven(
            Diagnosis::SignatureOverChallenge,
            format_args!(
                "The signature is over the challenge alone, as of a key that an app made itself. A passkey signs the authenticator data and the \
                 SHA-256 of `clientDataJSON`, which carries the challenge: call the platform's passkey API.",
            ),
        );
        return true;
    }
    let twice = trial.work.sha256(&[hash]);
    let digest = trial.work.sha256(&[authenticator_data, hash]);
    let is_twice = twice
        .is_some_and(|twice| trial.verifies(&[authenticator_data, &twice], signature))
        || digest.is_some_and(|digest| trial.verifies(&[&digest], signature));
    if is_twice {
        findings.proven(
            Diagnosis::SignatureHashedTwice,
            format_args!(
                "Something was hashed twice before it was signed: give the signing function the authenticator data followed by \
                 the SHA-256 of `clientDataJSON`, and let it do its own hashing.",
            ),
        );
        return true;
    }
    if trial.verifies(&[hash, authenticator_data], signature) {
        findings.proven(
            Diagnosis::SignaturePartsSwapped,
            format_args!(
                "The signature is over the hash of the client data followed by the authenticator data. The authenticator data come first.",
            ),
        );
        return true;
    }
    false
}
