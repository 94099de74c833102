//! What a relying party asks for, examined before anyone fails.
//!
//! The input is JSON: the options of a ceremony as the page gets them, or an object that says more:
//!
//! ```json
//! {"rpId": "example.org", "origins": ["https://example.org"], "relatedOrigins": ["https://example.com"],
//!  "creation": {"...": "PublicKeyCredentialCreationOptionsJSON"}, "request": {"...": "PublicKeyCredentialRequestOptionsJSON"},
//!  "passwordless": true, "withoutNames": true, "challengeLife": 300000, "attestationJudged": false}
//! ```
//!
//! `passwordless`: nothing but the passkey signs a person in (default true). `withoutNames`: people sign in
//! without typing a name (default false). `challengeLife`: milliseconds that a challenge is accepted.
//! `attestationJudged`: attestation is held against roots.

use crate::data::names_a_person;
use crate::encoding::What;
use core::fmt::{self, Write};

use heapless::Vec;

use super::written::{self, Cut, Shown};
use crate::encoding::json::{Content, JsonStr, Value};
use crate::escape::Escaped;

/// Origins of one input that are examined.
const ORIGINS_MAX: usize = 64;
/// Labels of related origins that a browser has to support at least (WebAuthn section 5.11.1).
const RELATED_LABELS_MAX: usize = 5;

/// Declares the codes, each with how grave it is.
macro_rules! concerns {
    ($($(#[$doc:meta])+ $name:ident = $code:literal, $gravity:ident;)+) => {
        /// What is wrong or doubtful with what a relying party asks for. Codes are stable; new ones may come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Concern {
            $($(#[$doc])+ $name,)+
        }

        impl Concern {
            /// Every concern: the published table of codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// How grave it is.
            #[must_use]
            pub const fn gravity(self) -> Gravity {
                match self { $(Self::$name => Gravity::$gravity,)+ }
            }
        }
    };
}

/// How grave a concern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// No ceremony can succeed.
    Stops,
    /// Some will fail, or something is weaker than it looks.
    Worries,
}

impl Gravity {
    /// The name: `stops`, `worries`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stops => "stops",
            Self::Worries => "worries",
        }
    }
}

concerns! {
    /// The RP ID has a scheme, a port, a path or capital letters.
    RpIdNotADomain = "rp_id_not_a_domain", Stops;
    /// The RP ID is an IP address.
    RpIdIsAddress = "rp_id_is_address", Stops;
    /// The RP ID is a domain under which anybody may register.
    RpIdPublicSuffix = "rp_id_public_suffix", Stops;
    /// An origin's host is neither the RP ID nor below it, and not related.
    OriginOutsideRpId = "origin_outside_rp_id", Stops;
    /// An origin is served without TLS.
    OriginHttp = "origin_http", Stops;
    /// The related origins have more labels than browsers accept.
    RelatedOriginLabels = "related_origin_labels", Worries;
    /// Verification is not required where the passkey is all there is.
    VerificationNotRequired = "verification_not_required", Worries;
    /// An algorithm is missing that many authenticators have alone.
    AlgorithmMissing = "algorithm_missing", Worries;
    /// People sign in without names, and the passkey need not be discoverable.
    ResidentKeyNotRequired = "resident_key_not_required", Worries;
    /// People sign in without names, and the request lists credentials.
    CredentialsListed = "credentials_listed", Worries;
    /// The account's passkeys are not excluded.
    ExcludeCredentialsMissing = "exclude_credentials_missing", Worries;
    /// The browser may take longer than the challenge lives.
    TimeoutOverLife = "timeout_over_life", Worries;
    /// `user.id` looks like a name or an address.
    UserIdReadable = "user_id_readable", Worries;
    /// An attestation is asked for that nobody judges.
    AttestationNotJudged = "attestation_not_judged", Worries;
    /// The challenge is shorter than 16 bytes.
    ChallengeShort = "challenge_short", Worries;
}

/// Whether a domain is one under which anybody may register (<https://publicsuffix.org>).
pub type IsPublicSuffix<'p> = dyn Fn(&str) -> bool + 'p;

/// What came of an examination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// Nothing is wrong.
    Good,
    /// Something is doubtful.
    Worries,
    /// No ceremony can succeed.
    Stops,
    /// The input is no JSON object.
    NotAnObject,
}

/// Examines what a relying party asks for and writes one JSON object,
/// `{"concerns": [{"code", "gravity", "text"}]}`.
/// `room` has to be as long as the input.
///
/// # Errors
///
/// That of the writer.
pub fn examine(
    json: &[u8],
    is_public_suffix: &IsPublicSuffix<'_>,
    room: &mut [u8],
    out: &mut dyn Write,
) -> Result<Examined, fmt::Error> {
    let document = Value::parse(json, What::Json).ok();
    let Some(document) = document.filter(|document| document.as_object().is_some()) else {
        out.write_str(r#"{"concerns":[]}"#)?;
        return Ok(Examined::NotAnObject);
    };
    let mut concerns = Concerns {
        out,
        examined: Examined::Good,
        result: Ok(()),
    };
    concerns.result = concerns.out.write_str(r#"{"concerns":["#);
    let asked = Asked::of(document);
    places(&asked, is_public_suffix, &mut concerns);
    if let Some(creation) = asked.creation {
        examine_creation(creation, &asked, room, &mut concerns);
    }
    if let Some(request) = asked.request {
        examine_request(request, &asked, &mut concerns);
    }
    for options in [asked.creation, asked.request].into_iter().flatten() {
        examine_both(options, &asked, room, &mut concerns);
    }
    concerns.result?;
    concerns.out.write_str("]}")?;
    Ok(concerns.examined)
}

/// Writes concerns as they come.
struct Concerns<'w> {
    out: &'w mut dyn Write,
    examined: Examined,
    result: fmt::Result,
}

impl Concerns<'_> {
    fn add(&mut self, concern: Concern, text: fmt::Arguments<'_>) {
        let before = if self.examined == Examined::Good {
            ""
        } else {
            ","
        };
        self.examined = match (self.examined, concern.gravity()) {
            (Examined::Stops, _) | (_, Gravity::Stops) => Examined::Stops,
            _ => Examined::Worries,
        };
        let out = &mut *self.out;
        self.result = self.result.and_then(|()| {
            write!(
                out,
                r#"{before}{{"code":"{}","gravity":"{}","text":""#,
                concern.code(),
                concern.gravity().name()
            )?;
            Escaped(&mut *out).write_fmt(text)?;
            out.write_str(r#""}"#)
        });
    }
}

/// What the input says.
struct Asked<'a> {
    document: Value<'a>,
    creation: Option<Value<'a>>,
    request: Option<Value<'a>>,
    passwordless: bool,
    without_names: bool,
}

impl<'a> Asked<'a> {
    fn of(document: Value<'a>) -> Self {
        let object =
            |name| written::member(document, name).filter(|value| value.as_object().is_some());
        let (mut creation, mut request) = (object("creation"), object("request"));
        if creation.is_none() && request.is_none() {
            // The options themselves, in the member that the browser takes them from or not.
            let options = object("publicKey").unwrap_or(document);
            let has = |name| written::member(options, name).is_some();
            if has("pubKeyCredParams") || has("rp") {
                creation = Some(options);
            } else if has("challenge") {
                request = Some(options);
            }
        }
        let inner = |options: Value<'a>| written::member(options, "publicKey").unwrap_or(options);
        let flag = |name, default| match written::member(document, name).map(Value::content) {
            Some(Content::Bool(flag)) => flag,
            _ => default,
        };
        Self {
            document,
            creation: creation.map(inner),
            request: request.map(inner),
            passwordless: flag("passwordless", true),
            without_names: flag("withoutNames", false),
        }
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        written::member(self.document, name)?.as_str()?.plain()
    }

    fn list(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        texts(written::member(self.document, name))
    }

    fn rp_id(&self) -> Option<&'a str> {
        let of_options = |options: Option<Value<'a>>, path: &[&str]| {
            written::at(options?, path)?.as_str()?.plain()
        };
        self.text("rpId")
            .or_else(|| of_options(self.creation, &["rp", "id"]))
            .or_else(|| of_options(self.request, &["rpId"]))
    }
}

fn texts<'a>(list: Option<Value<'a>>) -> impl Iterator<Item = &'a str> + use<'a> {
    let elements = match list.map(Value::content) {
        Some(Content::Array(elements)) => Some(elements),
        _ => None,
    };
    elements
        .into_iter()
        .flatten()
        .take(ORIGINS_MAX)
        .filter_map(|element| element.as_str()?.plain())
}

/// RP ID and origins.
fn places(asked: &Asked<'_>, is_public_suffix: &IsPublicSuffix<'_>, concerns: &mut Concerns<'_>) {
    let Some(rp_id) = asked.rp_id() else {
        return;
    };
    let is_name = |character: char| {
        character.is_ascii_lowercase()
            || character.is_ascii_digit()
            || matches!(character, '-' | '.')
    };
    let is_address = rp_id
        .chars()
        .all(|character| character.is_ascii_digit() || character == '.')
        || rp_id.as_bytes().starts_with(b"[");
    if is_address {
        concerns.add(
            Concern::RpIdIsAddress,
            format_args!(
                "The RP ID {} is an IP address; WebAuthn needs a domain (or localhost).",
                Cut(rp_id)
            ),
        );
    } else if rp_id.is_empty() || !rp_id.chars().all(is_name) || rp_id.as_bytes().ends_with(b".") {
        concerns.add(
            Concern::RpIdNotADomain,
            format_args!(
                "The RP ID {} is no domain: it has no scheme, port or path, and is in lower case (`example.org`).",
                Cut(rp_id)
            ),
        );
    } else if rp_id != "localhost" && is_public_suffix(rp_id) {
        concerns.add(
            Concern::RpIdPublicSuffix,
            format_args!(
                "Anybody may register under {}, so browsers refuse it as an RP ID. Name a domain of your own below it.",
                Cut(rp_id)
            ),
        );
    }
    let related = || asked.list("relatedOrigins");
    for origin in asked.list("origins") {
        let Some((scheme, _)) = written::split(origin, "://") else {
            continue;
        };
        let host = super::origin::host_in(origin);
        let is_local = host == "localhost" || ends_below(host, "localhost");
        if scheme == "http" && !is_local {
            concerns.add(
                Concern::OriginHttp,
                format_args!("{} is served without TLS, where browsers have no WebAuthn. Serve it over https.", Cut(origin)),
            );
        }
        if host != rp_id && !ends_below(host, rp_id) && !related().any(|related| related == origin)
        {
            concerns.add(
                Concern::OriginOutsideRpId,
                format_args!(
                    "{} is neither the RP ID {} nor a subdomain of it, so its pages cannot use it. List it among the related \
                     origins, which /.well-known/webauthn of the RP ID has to name.",
                    Cut(origin),
                    Cut(rp_id)
                ),
            );
        }
    }
    related_labels(related(), is_public_suffix, concerns);
}

fn ends_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|labels| labels.as_bytes().ends_with(b"."))
}

/// The label that a registrable domain begins with, of each related origin (section 5.11.1).
fn related_labels<'a>(
    related: impl Iterator<Item = &'a str>,
    is_public_suffix: &IsPublicSuffix<'_>,
    concerns: &mut Concerns<'_>,
) {
    let mut labels = Vec::<&str, ORIGINS_MAX>::new();
    for origin in related {
        let mut host = super::origin::host_in(origin);
        while let Some((label, above)) = written::split(host, ".") {
            if is_public_suffix(above) {
                if !labels.contains(&label) {
                    let _fits = labels.push(label);
                }
                break;
            }
            host = above;
        }
    }
    if labels.len() > RELATED_LABELS_MAX {
        concerns.add(
            Concern::RelatedOriginLabels,
            format_args!(
                "The related origins have {} different labels, and a browser need not look at more than {RELATED_LABELS_MAX}: those behind \
                 are refused. Use fewer names (`example.org` and `example.com` are one).",
                labels.len()
            ),
        );
    }
}

fn examine_creation(
    creation: Value<'_>,
    asked: &Asked<'_>,
    room: &mut [u8],
    concerns: &mut Concerns<'_>,
) {
    let selection = written::member(creation, "authenticatorSelection").unwrap_or(creation);
    verification(
        selection,
        asked,
        "authenticatorSelection.userVerification",
        concerns,
    );
    let is = |name, wanted: &str| {
        written::member(selection, name)
            .and_then(Value::as_str)
            .is_some_and(|text| text == *wanted)
    };
    let requires = matches!(
        written::member(selection, "requireResidentKey").map(Value::content),
        Some(Content::Bool(true))
    );
    if asked.without_names && !is("residentKey", "required") && !requires {
        concerns.add(
            Concern::ResidentKeyNotRequired,
            format_args!(
                "People sign in without names, and `residentKey` is not \"required\": a security key may make a passkey that answers \
                 only where its id is listed. Require it.",
            ),
        );
    }
    algorithms(creation, concerns);
    if written::member(creation, "excludeCredentials").is_none() {
        concerns.add(
            Concern::ExcludeCredentialsMissing,
            format_args!(
                "The options have no `excludeCredentials`: one authenticator can be registered twice for an account. List the account's credentials.",
            ),
        );
    }
    let judged = written::member(asked.document, "attestationJudged").map(Value::content);
    let attestation = written::member(creation, "attestation").and_then(Value::as_str);
    if let Some(attestation) = attestation
        && attestation != *"none"
        && !matches!(judged, Some(Content::Bool(true)))
    {
        concerns.add(
            Concern::AttestationNotJudged,
            format_args!(
                "`attestation: \"{}\"` is asked for, and nothing says that it is judged: the browser asks people for consent that has no use. Ask for \"none\", or \
                 hold it against roots (`attestationJudged`).",
                Shown(attestation)
            ),
        );
    }
    user_id(creation, room, concerns);
}

/// -7 and -257 (section 5.4, `pubKeyCredParams`).
fn algorithms(creation: Value<'_>, concerns: &mut Concerns<'_>) {
    let Some(Content::Array(list)) =
        written::member(creation, "pubKeyCredParams").map(Value::content)
    else {
        return;
    };
    // An empty list means both.
    if list.clone().next().is_none() {
        return;
    }
    for (wanted, name, who) in [
        ("-7", "ES256", "nearly every authenticator"),
        ("-257", "RS256", "Windows Hello on older machines"),
    ] {
        let offered = list.clone().any(|parameters| {
            matches!(
                written::member(parameters, "alg").map(Value::content),
                Some(Content::Number(digits)) if digits == wanted
            )
        });
        if !offered {
            concerns.add(
                Concern::AlgorithmMissing,
                format_args!("`pubKeyCredParams` has no {wanted} ({name}), which is all that {who} has. Add it."),
            );
        }
    }
}

fn user_id(creation: Value<'_>, room: &mut [u8], concerns: &mut Concerns<'_>) {
    let Some(id) = written::at(creation, &["user", "id"]).and_then(Value::as_str) else {
        return;
    };
    let name = written::at(creation, &["user", "name"]).and_then(Value::as_str);
    // Decoded, or as it is where somebody forgot to encode it.
    let decoded =
        written::base64(id.chars(), room).and_then(|(bytes, _)| core::str::from_utf8(bytes).ok());
    let plain = id.plain().unwrap_or_default();
    let shown = [decoded.unwrap_or_default(), plain]
        .into_iter()
        .find(|text| names_a_person(text, name.map(JsonStr::chars)));
    if let Some(shown) = shown {
        concerns.add(
            Concern::UserIdReadable,
            format_args!(
                "`user.id` says {}: a name or an address, which every authenticator keeps and shows without asking. Use random bytes (64), \
                 and keep them for the account.",
                Cut(shown)
            ),
        );
    }
}

fn examine_request(request: Value<'_>, asked: &Asked<'_>, concerns: &mut Concerns<'_>) {
    verification(request, asked, "userVerification", concerns);
    let lists = match written::member(request, "allowCredentials").map(Value::content) {
        Some(Content::Array(mut list)) => list.next().is_some(),
        _ => false,
    };
    if asked.without_names && lists {
        concerns.add(
            Concern::CredentialsListed,
            format_args!("People sign in without names, and the request lists credentials, so it tells whose they are. Leave `allowCredentials` empty."),
        );
    }
}

fn verification(options: Value<'_>, asked: &Asked<'_>, name: &str, concerns: &mut Concerns<'_>) {
    let said = written::member(options, "userVerification").and_then(Value::as_str);
    let (mut buffer, mut said_text) = ([0_u8; 32], "absent, which means \"preferred\"");
    if let Some(said) = said {
        if said == *"required" {
            return;
        }
        if let Some((text, _)) = written::text(said.chars(), &mut buffer) {
            said_text = text;
        }
    }
    if asked.passwordless {
        concerns.add(
            Concern::VerificationNotRequired,
            format_args!(
                "`{name}` is {said_text}, and nothing but the passkey signs people in: a security key without a PIN then is one factor alone, and anyone who \
                 holds it is let in. Use \"required\", or check UV where it matters.",
            ),
        );
    }
}

/// Challenge and timeout.
fn examine_both(
    options: Value<'_>,
    asked: &Asked<'_>,
    room: &mut [u8],
    concerns: &mut Concerns<'_>,
) {
    let number = |value: Option<Value<'_>>| match value.map(Value::content) {
        Some(Content::Number(digits)) => digits.parse::<u64>().ok(),
        _ => None,
    };
    let timeout = number(written::member(options, "timeout"));
    let life = number(written::member(asked.document, "challengeLife"));
    if let (Some(timeout), Some(life)) = (timeout, life)
        && timeout > life
    {
        concerns.add(
            Concern::TimeoutOverLife,
            format_args!(
                "The browser may take {timeout} ms, and the challenge is accepted for {life} ms: a slow person fails after doing everything right. Make the timeout the \
                 challenge's life.",
            ),
        );
    }
    let challenge = written::member(options, "challenge").and_then(Value::as_str);
    let bytes = challenge
        .and_then(|challenge| written::base64(challenge.chars(), room))
        .map(|(bytes, _)| bytes.len());
    if let Some(length) = bytes.filter(|length| *length < 16) {
        concerns.add(
            Concern::ChallengeShort,
            format_args!(
                "The challenge has {length} bytes; 16 random ones are the least (section 13.4.3)."
            ),
        );
    }
}
