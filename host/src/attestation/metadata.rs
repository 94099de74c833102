//! The FIDO metadata: one signed file that lists models of authenticators, their roots and what has
//! become of them (FIDO Metadata Service, version 3).

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use portcullis_core::Aaguid;
use portcullis_core::attestation::{Model, PathError, verify_path};
use portcullis_core::data::{Certificate, Curve, PublicKey, UnixTime};
use portcullis_core::limits::CERTIFICATES_MAX;
use serde::{Deserialize, Deserializer};

use super::roots::decode_pem;
use crate::ceremony::algorithms::SERVER;
use crate::encoding::{base64url, from_hex};

/// The longest file that is read, in bytes: several times what the service publishes.
pub(crate) const MAX_LENGTH: u64 = 64 * 1_024 * 1_024;

/// The common name of the certificate that signs the FIDO Alliance's own metadata.
const FIDO_HOST: &str = "mds.fidoalliance.org";

/// GlobalSign's roots R3 and R46, one of which the service's chain leads to.
const GLOBALSIGN: &str = include_str!("globalsign.pem");

/// The metadata, verified.
#[derive(Clone, Debug)]
pub struct Metadata {
    number: u64,
    next_update: Date,
    models: HashMap<ModelId, Entry>,
}

/// Who has to have signed the metadata.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The roots of the signing certificate, in DER.
    pub roots: Vec<Vec<u8>>,
    /// The host that the signing certificate is for. GlobalSign issues to everybody, so this alone tells the
    /// FIDO Alliance from others. `None`: the roots issue to nobody else.
    pub host: Option<&'static str>,
}

/// A day, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Date {
    text: String,
    begins: UnixTime,
}

/// Why a file is no metadata that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "their messages say it")]
pub enum MetadataError {
    #[error("is not a metadata BLOB: a JSON web signature of three parts")]
    NotASignature,
    #[error("has a header that cannot be read: {0}")]
    Header(String),
    #[error(
        "is signed with an algorithm that is not accepted, or that does not fit the certificate"
    )]
    Algorithm,
    #[error("is signed by a certificate that cannot be trusted: {0}")]
    Untrusted(PathError),
    #[error("is signed by a certificate of another host than {0}")]
    Host(&'static str),
    #[error("has a signature that does not verify")]
    Signature,
    #[error("has a content that cannot be read: {0}")]
    Payload(String),
}

/// How an entry names its model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ModelId {
    Aaguid(Aaguid),
    /// SHA-1 of the attestation certificate's public key, of FIDO U2F security keys.
    Key(Vec<u8>),
}

#[derive(Clone, Debug, Default)]
struct Entry {
    roots: Vec<Vec<u8>>,
    reports: Vec<StatusReport>,
}

/// The header of the signature, as far as it matters.
#[derive(Deserialize)]
struct Header {
    alg: String,
    x5c: Vec<String>,
    crit: Option<serde::de::IgnoredAny>,
}

/// `MetadataBLOBPayload`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    no: u64,
    next_update: Date,
    entries: Vec<PayloadEntry>,
}

/// `MetadataBLOBPayloadEntry`. Entries of UAF authenticators have neither kind of name. A
/// member of another type than the specification's stops the start.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadEntry {
    aaguid: Option<String>,
    attestation_certificate_key_identifiers: Option<Vec<String>>,
    metadata_statement: Option<MetadataStatement>,
    status_reports: Option<Vec<StatusReport>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetadataStatement {
    attestation_root_certificates: Option<Vec<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusReport {
    status: Status,
    #[serde(default, deserialize_with = "readable_date")]
    effective_date: Option<Date>,
}

/// `AuthenticatorStatus`, as far as it speaks against a model.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Revoked,
    UserVerificationBypass,
    AttestationKeyCompromise,
    UserKeyRemoteCompromise,
    UserKeyPhysicalCompromise,
    /// Certifications, updates, and what future versions add.
    #[serde(other)]
    Other,
}

impl Issuer {
    /// The FIDO Alliance.
    #[must_use]
    pub fn fido_alliance() -> Self {
        Self {
            roots: decode_pem(GLOBALSIGN).unwrap_or_default(),
            host: Some(FIDO_HOST),
        }
    }
}

impl Metadata {
    /// Reads a metadata BLOB and verifies it at a time.
    ///
    /// # Errors
    /// [`MetadataError`] where it is not one, or not this signer's.
    pub fn read(blob: &[u8], issuer: &Issuer, now: UnixTime) -> Result<Self, MetadataError> {
        let blob = core::str::from_utf8(blob)
            .map_err(|_| MetadataError::NotASignature)?
            .trim_ascii();
        let (signed, signature) = blob.rsplit_once('.').ok_or(MetadataError::NotASignature)?;
        let (header, payload) = signed.split_once('.').ok_or(MetadataError::NotASignature)?;
        verify(header, signed, signature, issuer, now)?;

        let payload = BASE64_URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|error| MetadataError::Payload(error.to_string()))?;
        let payload: Payload = serde_json::from_slice(&payload)
            .map_err(|error| MetadataError::Payload(error.to_string()))?;
        let mut models = HashMap::new();
        for entry in payload.entries {
            let names = entry.names();
            let entry = Entry::from(entry);
            for name in names {
                let known: &mut Entry = models.entry(name).or_default();
                known.roots.extend_from_slice(&entry.roots);
                known.reports.extend_from_slice(&entry.reports);
            }
        }
        Ok(Self {
            number: payload.no,
            next_update: payload.next_update,
            models,
        })
    }

    /// The serial number of this issue.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The day on which the next issue comes at the latest: `2026-12-31`.
    #[must_use]
    pub fn next_update(&self) -> &str {
        &self.next_update.text
    }

    /// Whether the next issue is not overdue.
    #[must_use]
    pub fn is_fresh(&self, now: UnixTime) -> bool {
        !self.next_update.is_over(now)
    }

    pub(super) fn root(&self, model: &Model<'_>, index: usize) -> Option<&[u8]> {
        self.entry(model)?.roots.get(index).map(Vec::as_slice)
    }

    pub(super) fn is_revoked(&self, model: &Model<'_>, now: UnixTime) -> bool {
        self.entry(model)
            .is_some_and(|entry| is_revoked(&entry.reports, now))
    }

    fn entry(&self, model: &Model<'_>) -> Option<&Entry> {
        self.models.get(&ModelId::of(model)?)
    }
}

impl ModelId {
    /// The name of a model: its AAGUID, or where it has none its attestation key.
    fn of(model: &Model<'_>) -> Option<Self> {
        if model.aaguid != Aaguid::ZERO {
            return Some(Self::Aaguid(model.aaguid));
        }
        match model.certificate?.public_key() {
            // The keys of FIDO U2F are all of this kind (RFC 5280 section 4.2.1.2, the first method).
            PublicKey::Ec2 { x, y, .. } => {
                let point = [&[0x04], *x, *y].concat();
                let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &point);
                Some(Self::Key(hash.as_ref().to_vec()))
            }
            _ => None,
        }
    }
}

impl PayloadEntry {
    fn names(&self) -> Vec<ModelId> {
        let aaguid = self.aaguid.as_deref().and_then(|text| text.parse().ok());
        let keys = self
            .attestation_certificate_key_identifiers
            .iter()
            .flatten();
        keys.filter_map(|key| from_hex(key).map(ModelId::Key))
            .chain(aaguid.map(ModelId::Aaguid))
            .collect()
    }
}

impl From<PayloadEntry> for Entry {
    fn from(entry: PayloadEntry) -> Self {
        let statement = entry.metadata_statement.unwrap_or_default();
        let roots = statement.attestation_root_certificates.unwrap_or_default();
        Self {
            // One that is not base64 is nobody's root; the others are.
            roots: roots.iter().filter_map(|root| decode(root)).collect(),
            reports: entry.status_reports.unwrap_or_default(),
        }
    }
}

/// Whether a model's reports speak against it. The latest one is its present status; one without a date
/// holds as long as it is in force.
fn is_revoked(reports: &[StatusReport], now: UnixTime) -> bool {
    let effective = |report: &&StatusReport| {
        let date = report.effective_date.as_ref();
        date.is_none_or(|date| date.has_begun(now))
    };
    let latest = reports
        .iter()
        .filter(effective)
        .filter_map(|report| report.effective_date.as_ref())
        .map(|date| date.begins)
        .max();
    reports.iter().filter(effective).any(|report| {
        let date = report.effective_date.as_ref().map(|date| date.begins);
        match report.status {
            Status::Other => false,
            // No later report lifts these: a leaked key stays leaked.
            Status::Revoked | Status::AttestationKeyCompromise => true,
            _ => date.is_none() || date == latest,
        }
    })
}

/// Fails unless the signer has signed.
fn verify(
    header: &str,
    signed: &str,
    signature: &str,
    issuer: &Issuer,
    now: UnixTime,
) -> Result<(), MetadataError> {
    let header = BASE64_URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|error| MetadataError::Header(error.to_string()))?;
    let header: Header = serde_json::from_slice(&header)
        .map_err(|error| MetadataError::Header(error.to_string()))?;
    if header.crit.is_some() {
        return Err(MetadataError::Header("it has `crit`".to_owned()));
    }
    let unreadable = || MetadataError::Header("`x5c` is not a list of certificates".to_owned());
    if header.x5c.len() > CERTIFICATES_MAX {
        return Err(unreadable());
    }
    let chain: Option<Vec<_>> = header.x5c.iter().map(|text| decode(text)).collect();
    let chain = chain.ok_or_else(unreadable)?;
    let first = chain.first().ok_or_else(unreadable)?;
    let certificate = Certificate::parse(first).map_err(|_| unreadable())?;

    let roots: Vec<&[u8]> = issuer.roots.iter().map(Vec::as_slice).collect();
    let chain = chain.iter().map(Vec::as_slice);
    verify_path(chain, &roots, Some(now), &SERVER).map_err(MetadataError::Untrusted)?;
    if let Some(host) = issuer.host
        && !certificate.is_of_host(host).unwrap_or(false)
    {
        return Err(MetadataError::Host(host));
    }

    let (algorithm, key) =
        verifying_key(&header.alg, certificate.public_key()).ok_or(MetadataError::Algorithm)?;
    match jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key, algorithm) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(MetadataError::Signature),
    }
}

/// The key of a certificate for the algorithm that a header names, where it is one of the certificate's.
fn verifying_key(alg: &str, key: &PublicKey<'_>) -> Option<(Algorithm, DecodingKey)> {
    let algorithm = alg.parse().ok()?;
    let key = match (algorithm, key) {
        (
            Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 | Algorithm::PS256,
            PublicKey::Rsa { n, e },
        ) => DecodingKey::from_rsa_raw_components(n, e),
        (
            Algorithm::ES256,
            PublicKey::Ec2 {
                curve: Curve::P256,
                x,
                y,
            },
        )
        | (
            Algorithm::ES384,
            PublicKey::Ec2 {
                curve: Curve::P384,
                x,
                y,
            },
        ) => DecodingKey::from_ec_components(&base64url(x), &base64url(y)).ok()?,
        _ => return None,
    };
    Some((algorithm, key))
}

/// Base64 as JSON holds certificates. Some vendors break it into lines.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

impl Date {
    fn parse(text: &str) -> Option<Self> {
        let begins = UnixTime::parse_rfc3339(&format!("{text}T00:00:00Z")).ok()?;
        Some(Self {
            text: text.to_owned(),
            begins,
        })
    }

    fn has_begun(&self, now: UnixTime) -> bool {
        self.begins <= now
    }

    /// Whether the day has passed.
    fn is_over(&self, now: UnixTime) -> bool {
        const DAY: i64 = 86_400;
        self.begins.seconds().saturating_add(DAY) <= now.seconds()
    }
}

/// A date, where it is one: a report whose date cannot be read holds like one that has none.
fn readable_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().and_then(Date::parse))
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format_args!("`{text}` is not a date")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(reports: &[(&str, Option<&str>)]) -> Vec<StatusReport> {
        let report = |(status, date): &(&str, Option<&str>)| {
            let report = serde_json::json!({"status": status, "effectiveDate": date});
            serde_json::from_value(report).expect("a report")
        };
        reports.iter().map(report).collect()
    }

    #[test]
    fn the_latest_report_that_is_in_effect_counts() {
        let now = UnixTime::parse_rfc3339("2026-06-01T12:00:00Z").expect("a time");
        let (old, new, future) = (Some("2020-01-01"), Some("2026-06-01"), Some("2026-06-02"));
        for (list, revoked) in [
            (&[][..], false),
            (&[("FIDO_CERTIFIED_L1", old)], false),
            (&[("SOMETHING_NEW", new)], false),
            (
                &[
                    ("FIDO_CERTIFIED_L1", old),
                    ("USER_VERIFICATION_BYPASS", new),
                ],
                true,
            ),
            (
                &[
                    ("USER_VERIFICATION_BYPASS", new),
                    ("FIDO_CERTIFIED_L1", old),
                ],
                true,
            ),
            (
                &[("USER_VERIFICATION_BYPASS", old), ("UPDATE_AVAILABLE", new)],
                false,
            ),
            (
                &[
                    ("UPDATE_AVAILABLE", new),
                    ("ATTESTATION_KEY_COMPROMISE", new),
                ],
                true,
            ),
            (
                &[
                    ("USER_KEY_REMOTE_COMPROMISE", None),
                    ("UPDATE_AVAILABLE", new),
                ],
                true,
            ),
            (
                &[
                    ("USER_KEY_REMOTE_COMPROMISE", Some("of late")),
                    ("UPDATE_AVAILABLE", new),
                ],
                true,
            ),
            (&[("USER_KEY_PHYSICAL_COMPROMISE", future)], false),
            (&[("FIDO_CERTIFIED_L1", old), ("REVOKED", future)], false),
            (&[("REVOKED", old), ("UPDATE_AVAILABLE", new)], true),
        ] {
            assert_eq!(is_revoked(&reports(list), now), revoked, "{list:?}");
        }
    }

    #[test]
    fn a_day_is_over_when_the_next_begins() {
        let date = Date::parse("2026-06-01").expect("a date");
        for (time, over) in [
            ("2026-06-01T23:59:59Z", false),
            ("2026-06-02T00:00:00Z", true),
        ] {
            let time = UnixTime::parse_rfc3339(time).expect("a time");
            assert_eq!(date.is_over(time), over);
        }
        for text in [
            "",
            "2026-6-1",
            "2026-02-30",
            "2026-06-01T00:00:00Z",
            "tomorrow",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_roots_of_the_fido_alliance_are_here() {
        let issuer = Issuer::fido_alliance();
        assert_eq!(issuer.roots.len(), 2);
        for root in &issuer.roots {
            let root = Certificate::parse(root).expect("a certificate");
            assert!(
                root.subject()
                    .texts(&[0x55, 4, 10])
                    .any(|name| name.starts_with("GlobalSign"))
            );
        }
    }
}
