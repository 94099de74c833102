//! [Section 8.4](https://www.w3.org/TR/webauthn-3/#sctn-android-key-attestation): a key of Android's key
//! store, described in its own certificate.

use super::statement::{Certificates, algorithm, signature};
use super::{AttestationType, Statement, StatementError, Verified};
use crate::data::Certificate;
use crate::encoding::der::{Element, Tag};
use crate::encoding::{Fault, What, once};

/// 1.3.6.1.4.1.11129.2.1.17
const KEY_DESCRIPTION: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 1, 17];

const WHAT: What = What::AndroidKeyDescription;

/// The members of a statement.
pub(super) const MEMBERS: [&str; 3] = ["alg", "sig", "x5c"];

#[inline(never)]
pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [alg, sig, x5c] = statement.members(MEMBERS)?;
    let alg = algorithm(alg)?;
    let sig = signature(sig)?;
    let certificates = Certificates::read(x5c)?;
    let certificate = &certificates.first;
    let signed = [statement.auth_data.bytes(), statement.client_data_hash];
    statement.verify_signature_of(certificate, alg, &signed, sig)?;
    if certificate.public_key() != statement.key.key() {
        return Err(StatementError::Key);
    }
    let description = KeyDescription::of(certificate)?;
    if description.attestation_challenge != statement.client_data_hash {
        return Err(StatementError::Binding);
    }
    check_authorization(&description, statement.policy.android_key_tee)?;
    certificates.conclude(AttestationType::Basic, statement)
}

/// The key was generated in the key store, only signs, and is not open to every application. Properties
/// that only the operating system enforces count unless the policy requires secure hardware.
fn check_authorization(
    description: &KeyDescription<'_>,
    tee_only: bool,
) -> Result<(), StatementError> {
    let (software, tee) = (&description.software_enforced, &description.tee_enforced);
    if software.all_applications || tee.all_applications {
        return Err(StatementError::Content(
            "the key is open to all applications",
        ));
    }
    let holds = |software: Option<bool>, tee: Option<bool>| {
        if tee_only {
            tee == Some(true)
        } else {
            // One list has to say so, and neither may say otherwise.
            software.or(tee) == Some(true) && tee != Some(false)
        }
    };
    if !holds(software.generated, tee.generated) {
        return Err(StatementError::Content(
            "the key was not generated in the key store",
        ));
    }
    if !holds(software.signs, tee.signs) {
        return Err(StatementError::Content("the key is not for signing only"));
    }
    Ok(())
}

/// `KeyDescription`, as far as it is judged.
struct KeyDescription<'a> {
    attestation_challenge: &'a [u8],
    software_enforced: AuthorizationList,
    tee_enforced: AuthorizationList,
}

/// `AuthorizationList`, as far as it is judged.
struct AuthorizationList {
    /// Whether `purpose` is to sign, and nothing else; `None` where the list does not have it.
    signs: Option<bool>,
    /// Whether `origin` is generation; `None` where the list does not have it.
    generated: Option<bool>,
    all_applications: bool,
}

impl<'a> KeyDescription<'a> {
    fn of(certificate: &Certificate<'a>) -> Result<Self, StatementError> {
        let extension = certificate
            .extension(KEY_DESCRIPTION)
            .ok_or(StatementError::Certificate("there is no key description"))?;
        Self::parse(extension.value).map_err(StatementError::CertificateMalformed)
    }

    fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Element::parse(bytes, Tag::SEQUENCE, WHAT)?.reader();
        // Version and security level, of the attestation and of the key store.
        for tag in [Tag::INTEGER, Tag::ENUMERATED, Tag::INTEGER, Tag::ENUMERATED] {
            Element::expect(&mut reader, tag, WHAT)?;
        }
        let attestation_challenge = Element::expect(&mut reader, Tag::OCTET_STRING, WHAT)?.content;
        let _unique_id = Element::expect(&mut reader, Tag::OCTET_STRING, WHAT)?;
        let software_enforced = Element::expect(&mut reader, Tag::SEQUENCE, WHAT)?;
        let tee_enforced = Element::expect(&mut reader, Tag::SEQUENCE, WHAT)?;
        reader.finish(WHAT)?;
        Ok(Self {
            attestation_challenge,
            software_enforced: AuthorizationList::read(software_enforced)?,
            tee_enforced: AuthorizationList::read(tee_enforced)?,
        })
    }
}

impl AuthorizationList {
    const PURPOSE: Tag = Tag::context(1);
    const ALL_APPLICATIONS: Tag = Tag::context(600);
    const ORIGIN: Tag = Tag::context(702);

    fn read(list: Element<'_>) -> Result<Self, Fault> {
        let mut found = Self {
            signs: None,
            generated: None,
            all_applications: false,
        };
        for element in list.elements(WHAT) {
            let element = element?;
            match element.tag {
                Self::PURPOSE => {
                    let purposes = Element::parse(element.content, Tag::SET, WHAT)?;
                    *once(&mut found.signs, WHAT, 0)? = Some(is_only(purposes, 2)?);
                }
                Self::ORIGIN => {
                    let origin = Element::parse(element.content, Tag::INTEGER, WHAT)?;
                    *once(&mut found.generated, WHAT, 0)? = Some(origin.content == [0]);
                }
                Self::ALL_APPLICATIONS => found.all_applications = true,
                _ => {}
            }
        }
        Ok(found)
    }
}

/// Whether a set has this number and no other.
fn is_only(set: Element<'_>, number: u8) -> Result<bool, Fault> {
    let mut only = !set.content.is_empty();
    for element in set.elements(WHAT) {
        let element = element?;
        only &= element.tag == Tag::INTEGER && element.content == [number];
    }
    Ok(only)
}
