//! Which authenticators may register: roots in a folder, the FIDO metadata, lists of models.

use core::time::Duration;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use portcullis::{
    Config, Portcullis,
    attestation::metadata::{Issuer, Metadata, MetadataError},
};
use portcullis_core::data::UnixTime;
use portcullis_tests::{
    attestation::{Attestation, FidoU2f, NoAttestation, PackedSelf},
    certificate::{AAGUID, ALTERNATIVE_NAME, Certificate, Extension},
    chain::{Chain, pem},
    der,
    encoding::base64url,
    host::{self, Answer, Host, Request},
    keys::{Rsa, RsaHash},
    metadata::{Blob, Key, entry, report, u2f_entry, uuid},
    person::{Person, Registering},
    program::portcullis,
    verdict,
};
use serde_json::{Value, json};

use crate::is_free;

const MODEL: [u8; 16] = [0xa1; 16];
const OTHER_MODEL: [u8; 16] = [0xb2; 16];
const UNTRUSTED: (&str, &str) = ("7.1.24", "attestation_untrusted");
const NO_ANCHORS: (&str, &str) = ("7.1.23", "trust_anchors_missing");
const REVOKED: (&str, &str) = ("7.1.24", "authenticator_revoked");
const NOT_ACCEPTED: (&str, &str) = ("7.1.24", "authenticator_not_accepted");

/// Files of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("trust")
            .join(test);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("what an earlier run has left goes");
        }
        fs::create_dir_all(folder.join("roots")).expect("a folder");
        Self(folder)
    }

    /// Writes a file and gives its path.
    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).expect("a file");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    fn roots(&self) -> String {
        let path = self.0.join("roots");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// A host that trusts the root of this chain.
    async fn host_with_root(&self, chain: &Chain, more: &[(&str, &str)]) -> Host {
        self.write("roots/root.pem", pem(&chain.root_certificate()));
        let settings = [("PORTCULLIS_ATTESTATION_ROOTS", self.roots())];
        start(&settings, more).await
    }

    /// The settings of metadata that the chain of [`signer`] has signed.
    fn metadata(&self, blob: &str) -> [(&'static str, String); 2] {
        let root = pem(&signer().root_certificate());
        [
            ("PORTCULLIS_MDS", self.write("blob.jwt", blob)),
            ("PORTCULLIS_MDS_ROOT", self.write("mds-root.pem", root)),
        ]
    }

    async fn host_with_metadata(&self, entries: &[Value]) -> Host {
        let blob = Blob::new(&signer(), entries).encode();
        start(&self.metadata(&blob), &[]).await
    }
}

async fn start(settings: &[(&str, String)], more: &[(&str, &str)]) -> Host {
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let settings: Vec<_> = settings.chain(more.iter().copied()).collect();
    Host::local(&settings).await
}

/// Who signs metadata, and attests nothing.
fn signer() -> Chain {
    Chain::numbered(9)
}

/// Why the host does not start with these settings: one line that names the variable.
#[track_caller]
fn refused_start(settings: &[(&str, String)], variable: &str) -> String {
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let settings: Vec<_> = settings.collect();
    let message = host::refused_start(&settings);
    assert!(message.starts_with(&format!("{variable}: ")), "{message}");
    assert!(!message.contains('\n'), "{message}");
    message
}

/// A registration by an authenticator of a model, up to what is sent.
async fn begin(
    host: &Host,
    person: &mut Person,
    aaguid: [u8; 16],
    attestation: Arc<dyn Attestation>,
) -> Registering {
    person.authenticator.aaguid = aaguid;
    let mut registering = person.begin_registration(host).await;
    registering.registration.attestation = attestation;
    registering
}

async fn register(
    host: &Host,
    name: &str,
    aaguid: [u8; 16],
    attestation: Arc<dyn Attestation>,
) -> Answer {
    let mut person = Person::new(name);
    let registering = begin(host, &mut person, aaguid, attestation).await;
    person.complete_registration(host, &registering).await
}

async fn accept(host: &Host, aaguid: [u8; 16], attestation: Arc<dyn Attestation>) {
    accept_as(host, aaguid, attestation, aaguid).await;
}

/// Wants the registration accepted and this AAGUID reported.
async fn accept_as(
    host: &Host,
    aaguid: [u8; 16],
    attestation: Arc<dyn Attestation>,
    reported: [u8; 16],
) {
    let answer = register(host, "alice", aaguid, attestation).await.ok();
    assert_eq!(answer["credential"]["aaguid"], uuid(reported));
}

/// Wants the registration refused, nothing written, and the token spent.
async fn refuse(
    host: &Host,
    aaguid: [u8; 16],
    attestation: Arc<dyn Attestation>,
    (step, code): (&str, &str),
) {
    let mut person = Person::new("mallory");
    let registering = begin(host, &mut person, aaguid, attestation).await;
    let answer = person.complete_registration(host, &registering).await;
    answer.refused(400, step, code);
    assert!(is_free(host, "mallory").await, "nothing is stored");
    let again = person.complete_registration(host, &registering).await;
    again.problem(401, "token_spent");
}

async fn health(host: &Host) -> Value {
    host.send(Request::get("/healthz")).await.ok()
}

#[rocket::async_test]
async fn an_attestation_has_to_lead_to_a_root_of_the_folder() {
    let folder = Folder::new("roots");
    let (chain, stranger) = (Chain::new(), Chain::numbered(1));
    // Two roots in one file, one in DER, and a file that is none of the host's business.
    let bundle = [
        pem(&Chain::numbered(2).root_certificate()),
        pem(&Chain::numbered(3).root_certificate()),
    ];
    folder.write("roots/bundle.crt", bundle.concat());
    folder.write("roots/other.der", Chain::numbered(4).root_certificate());
    folder.write("roots/.hidden", "not a certificate");
    let host = folder.host_with_root(&chain, &[]).await;

    accept(&host, MODEL, chain.packed()).await;
    for number in [2, 3, 4] {
        let name = format!("alice-{number}");
        let attestation = Chain::numbered(number).packed();
        register(&host, &name, MODEL, attestation).await.ok();
    }
    refuse(&host, MODEL, stranger.packed(), UNTRUSTED).await;
    // A root that comes along is not trusted for that.
    let mut x5c = stranger.x5c();
    x5c.push(stranger.root_certificate());
    refuse(&host, MODEL, stranger.packed_with(x5c), UNTRUSTED).await;
}

#[rocket::async_test]
async fn what_attests_nothing_is_refused_where_attestation_has_to_be_trusted() {
    let host = Folder::new("nothing")
        .host_with_root(&Chain::new(), &[])
        .await;
    refuse(&host, [0; 16], Arc::new(NoAttestation), UNTRUSTED).await;
    let mut person = Person::new("mallory");
    let mut registering = begin(&host, &mut person, MODEL, Arc::new(NoAttestation)).await;
    let own = Arc::clone(&registering.passkey.key);
    registering.registration.attestation = Arc::new(PackedSelf(own));
    let answer = person.complete_registration(&host, &registering).await;
    answer.refused(400, UNTRUSTED.0, UNTRUSTED.1);
}

#[rocket::async_test]
async fn attestation_that_has_to_be_trusted_is_asked_for() {
    let folder = Folder::new("asked");
    let begun = |settings: &'static [(&str, &str)]| {
        let folder = &folder;
        async move {
            let host = folder.host_with_root(&Chain::new(), settings).await;
            let name = json!({"username": "alice"});
            let begun = host.post("/register/begin", &name).await.ok();
            begun["publicKey"]["attestation"].clone()
        }
    };
    assert_eq!(begun(&[]).await, "direct");
    let enterprise = &[("PORTCULLIS_ATTESTATION", "enterprise")];
    assert_eq!(begun(enterprise).await, "enterprise");

    let contradiction = [
        ("PORTCULLIS_ATTESTATION_ROOTS", folder.roots()),
        ("PORTCULLIS_ATTESTATION", "none".to_owned()),
    ];
    refused_start(&contradiction, "PORTCULLIS_ATTESTATION");
}

#[rocket::async_test]
async fn certificates_are_valid_when_they_are_used() {
    let host = Folder::new("dates")
        .host_with_root(&Chain::new(), &[])
        .await;
    let chain = Chain::new();
    let mut leaf = chain.leaf_certificate();
    leaf.not_after = "20250101000000Z".into();
    let outdated = chain.packed_with(chain.x5c_of(&leaf));
    let code = ("7.1.24", "attestation_certificate_outdated");
    refuse(&host, MODEL, outdated, code).await;
}

#[rocket::async_test]
async fn the_metadata_have_roots_for_single_models() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    let other_roots = [Chain::numbered(1).root_certificate()];
    let entries = [
        json!({"aaid": "1234#5678", "statusReports": [], "timeOfLastStatusChange": "2024-01-01"}),
        json!({
            "aaguid": "not one",
            "attestationCertificateKeyIdentifiers": null,
            "metadataStatement": {"attestationRootCertificates": ["not base64"], "upv": [[]]},
            "statusReports": [{"status": "SOMETHING_NEW", "effectiveDate": "of late", "url": null}],
            "biometricStatusReports": [{"modality": "fingerprint"}],
        }),
        entry(MODEL, &roots, &[report("FIDO_CERTIFIED_L1", "2024-01-01")]),
        entry(OTHER_MODEL, &other_roots, &[]),
    ];
    let host = Folder::new("metadata").host_with_metadata(&entries).await;
    accept(&host, MODEL, chain.packed()).await;
    refuse(&host, OTHER_MODEL, chain.packed(), UNTRUSTED).await;
    refuse(&host, [0xc3; 16], chain.packed(), NO_ANCHORS).await;
    refuse(&host, [0; 16], Arc::new(NoAttestation), UNTRUSTED).await;
}

#[rocket::async_test]
async fn the_metadata_are_signed_with_rsa_too_as_the_fido_alliance_does() {
    let (chain, signer) = (Chain::new(), signer());
    let folder = Folder::new("rsa");
    let mut leaf = signer.leaf_certificate();
    leaf.public_key = Rsa::public_key_info();
    let entries = [entry(MODEL, &[chain.root_certificate()], &[])];
    let mut blob = Blob::with_chain(&signer, &signer.x5c_of(&leaf), &entries);
    let key = |hash| Key::Rs256(Rsa { hash });
    blob.header["alg"] = "RS256".into();
    blob.key = key(RsaHash::Sha256);
    let host = start(&folder.metadata(&blob.encode()), &[]).await;
    accept(&host, MODEL, chain.packed()).await;

    blob.key = key(RsaHash::Sha1);
    refused_start(&folder.metadata(&blob.encode()), "PORTCULLIS_MDS");
}

#[rocket::async_test]
async fn a_fido_u2f_key_is_known_by_its_attestation_key() {
    let chain = Chain::new();
    let leaf = chain.root.issue(&chain.leaf.public_key_info(), vec![3]);
    let x5c = vec![leaf.sign(&chain.root.key)];
    let key = chain.leaf.clone();
    let attestation: Arc<dyn Attestation> = Arc::new(FidoU2f { key, x5c });
    let roots = [chain.root_certificate()];

    let known = [u2f_entry(&chain.leaf, &roots, &[])];
    let host = Folder::new("u2f").host_with_metadata(&known).await;
    accept(&host, [0; 16], Arc::clone(&attestation)).await;

    let revoked = [u2f_entry(
        &chain.leaf,
        &roots,
        &[report("REVOKED", "2024-01-01")],
    )];
    let host = Folder::new("u2f-revoked")
        .host_with_metadata(&revoked)
        .await;
    refuse(&host, [0; 16], Arc::clone(&attestation), REVOKED).await;
    // Its signature does not cover the AAGUID, which is therefore nothing to go by.
    refuse(&host, MODEL, Arc::clone(&attestation), REVOKED).await;

    let other = [u2f_entry(&chain.lower, &roots, &[])];
    let host = Folder::new("u2f-other").host_with_metadata(&other).await;
    refuse(&host, [0; 16], attestation, NO_ANCHORS).await;
}

#[rocket::async_test]
async fn a_revoked_or_compromised_model_is_refused_once_the_metadata_say_so() {
    let chain = Chain::new();
    let roots = [chain.root_certificate()];
    let certified = || report("FIDO_CERTIFIED_L1", "2024-01-01");
    for status in [
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    ] {
        let folder = Folder::new(&format!("status-{status}"));
        let before = [entry(MODEL, &roots, &[certified()])];
        let host = folder.host_with_metadata(&before).await;
        accept(&host, MODEL, chain.packed()).await;

        let reports = [certified(), report(status, "2025-01-01")];
        let after = [
            entry(MODEL, &roots, &reports),
            entry(OTHER_MODEL, &roots, &[certified()]),
        ];
        let host = folder.host_with_metadata(&after).await;
        refuse(&host, MODEL, chain.packed(), REVOKED).await;
        accept(&host, OTHER_MODEL, chain.packed()).await;
    }
    let updated = [
        report("USER_VERIFICATION_BYPASS", "2025-01-01"),
        report("UPDATE_AVAILABLE", "2025-02-01"),
    ];
    let folder = Folder::new("status-updated");
    let host = folder
        .host_with_metadata(&[entry(MODEL, &roots, &updated)])
        .await;
    accept(&host, MODEL, chain.packed()).await;

    // No later report lifts these.
    for status in ["REVOKED", "ATTESTATION_KEY_COMPROMISE"] {
        let folder = Folder::new(&format!("status-later-{status}"));
        let reports = [
            report(status, "2024-01-01"),
            report("FIDO_CERTIFIED_L1", "2025-01-01"),
        ];
        let host = folder
            .host_with_metadata(&[entry(MODEL, &roots, &reports)])
            .await;
        refuse(&host, MODEL, chain.packed(), REVOKED).await;
    }
}

#[rocket::async_test]
async fn a_revoked_model_is_refused_whatever_root_it_leads_to() {
    let folder = Folder::new("both");
    let chain = Chain::new();
    let revoked = [entry(MODEL, &[], &[report("REVOKED", "2024-01-01")])];
    let metadata = folder.metadata(&Blob::new(&signer(), &revoked).encode());
    let metadata: Vec<_> = metadata.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let host = folder.host_with_root(&chain, &metadata).await;
    refuse(&host, MODEL, chain.packed(), REVOKED).await;
    accept(&host, OTHER_MODEL, chain.packed()).await;
}

#[rocket::async_test]
async fn a_fido_u2f_key_is_of_the_model_that_its_certificate_names() {
    let chain = Chain::new();
    let mut leaf = chain.root.issue(&chain.leaf.public_key_info(), vec![3]);
    let attest = |leaf: &Certificate| -> Arc<dyn Attestation> {
        let x5c = vec![leaf.sign(&chain.root.key)];
        let key = chain.leaf.clone();
        Arc::new(FidoU2f { key, x5c })
    };
    let nameless = attest(&leaf);
    leaf.put(Extension::new(AAGUID, false, der::octets(&MODEL)));
    let named = attest(&leaf);

    let folder = Folder::new("u2f-lists");
    let allow = format!("allow:{}", uuid(MODEL));
    let host = folder
        .host_with_root(&chain, &[("PORTCULLIS_AAGUIDS", &allow)])
        .await;
    refuse(&host, MODEL, Arc::clone(&nameless), NOT_ACCEPTED).await;
    accept(&host, [0; 16], Arc::clone(&named)).await;
    let deny = format!("deny:{}", uuid(MODEL));
    let host = folder
        .host_with_root(&chain, &[("PORTCULLIS_AAGUIDS", &deny)])
        .await;
    // Nobody has signed the AAGUID that came with it.
    accept_as(&host, MODEL, nameless, [0; 16]).await;
    refuse(&host, [0; 16], named, NOT_ACCEPTED).await;
}

#[rocket::async_test]
async fn a_list_of_models_allows_or_denies() {
    let folder = Folder::new("lists");
    let chain = Chain::new();
    let allow = format!("allow:{}", uuid(MODEL));
    let deny = format!("deny:{}", uuid(MODEL));
    for (list, wanted, unwanted) in [(&allow, MODEL, OTHER_MODEL), (&deny, OTHER_MODEL, MODEL)] {
        let host = folder
            .host_with_root(&chain, &[("PORTCULLIS_AAGUIDS", list)])
            .await;
        accept(&host, wanted, chain.packed()).await;
        refuse(&host, unwanted, chain.packed(), NOT_ACCEPTED).await;
        // What is not trusted is refused for that: its AAGUID is only a claim.
        refuse(&host, unwanted, Chain::numbered(1).packed(), UNTRUSTED).await;

        let host = Host::local(&[("PORTCULLIS_AAGUIDS", list)]).await;
        accept(&host, wanted, Arc::new(NoAttestation)).await;
        refuse(&host, unwanted, Arc::new(NoAttestation), NOT_ACCEPTED).await;
    }
    let config = Config::new([("PORTCULLIS_AAGUIDS", &*deny)], rocket::Config::figment());
    let warnings = config.expect("a list alone").warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("PORTCULLIS_AAGUIDS: "),
        "{warnings:?}"
    );
    let mangled = [("PORTCULLIS_AAGUIDS", uuid(MODEL))];
    refused_start(&mangled, "PORTCULLIS_AAGUIDS");
}

#[rocket::async_test]
async fn health_says_whether_the_metadata_are_fresh() {
    let host = Host::local(&[]).await;
    assert_eq!(health(&host).await, json!({"status": "OK"}));

    let folder = Folder::new("health");
    let mut blob = Blob::new(&signer(), &[]);
    let host = start(&folder.metadata(&blob.encode()), &[]).await;
    let fresh = json!({"no": 7, "nextUpdate": "2999-12-31", "fresh": true});
    let expected = json!({"status": "OK", "metadata": fresh});
    assert_eq!(health(&host).await, expected);
    host.clock
        .advance(Duration::from_secs(1_000 * 366 * 86_400));
    assert_eq!(health(&host).await["metadata"]["fresh"], false);

    blob.payload["nextUpdate"] = "2025-01-01".into();
    let settings = folder.metadata(&blob.encode());
    let pairs = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let config = Config::new(pairs, rocket::Config::figment()).expect("old metadata are usable");
    let host = Portcullis::new(config).open().await.expect("it opens");
    let warnings = host.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("PORTCULLIS_MDS: ") && warnings[0].contains("2025-01-01"),
        "{warnings:?}"
    );
    let host = start(&settings, &[]).await;
    assert_eq!(health(&host).await["metadata"]["fresh"], false);
}

#[test]
fn metadata_that_were_changed_or_are_another_s_stop_the_start() {
    let folder = Folder::new("forged");
    let entries = [entry(MODEL, &[Chain::new().root_certificate()], &[])];
    let blob = Blob::new(&signer(), &entries);
    let refused = |text: &str| refused_start(&folder.metadata(text), "PORTCULLIS_MDS");
    let good = blob.encode();

    // One character of each part, and each part left out.
    let parts: Vec<&str> = good.split('.').collect();
    for part in 0..3 {
        let mut changed = parts.clone();
        let end = parts[part].len() - 2;
        let other = if &parts[part][end..=end] == "A" {
            "B"
        } else {
            "A"
        };
        let text = [&parts[part][..end], other, &parts[part][end + 1..]].concat();
        changed[part] = &text;
        refused(&changed.join("."));
        let mut shorter = parts.clone();
        shorter.remove(part);
        refused(&shorter.join("."));
    }
    assert!(refused(&[parts[0], parts[1], ""].join(".")).contains("signature"));
    refused("");
    refused("{}");
    let other_entries = base64url(json!({"no": 1}).to_string().as_bytes());
    refused(&[parts[0], &other_entries, parts[2]].join("."));

    for alg in ["none", "HS256", "RS256", "ES384", "EdDSA", ""] {
        let mut blob = blob.clone();
        blob.header["alg"] = alg.into();
        refused(&blob.encode());
    }
    for (member, value) in [
        ("x5c", json!([])),
        ("x5c", json!(["AAAA"])),
        ("x5c", json!("AAAA")),
        ("x5c", Value::Null),
        ("crit", json!(["b64"])),
    ] {
        let mut blob = blob.clone();
        blob.header[member] = value;
        refused(&blob.encode());
    }
    for (member, value) in [
        ("no", json!("7")),
        ("nextUpdate", json!("soon")),
        ("nextUpdate", Value::Null),
        ("entries", Value::Null),
    ] {
        let mut blob = blob.clone();
        blob.payload[member] = value;
        assert!(refused(&blob.encode()).contains("content"), "{member}");
    }

    // Somebody else's root, and the key of a certificate that nobody trusted has issued.
    refused(&Blob::new(&Chain::new(), &entries).encode());
    let mut forged = blob;
    forged.key = Key::Es256(Chain::new().leaf);
    refused(&forged.encode());

    let lone = [("PORTCULLIS_MDS", folder.write("lone.jwt", &good))];
    let message = refused_start(&lone, "PORTCULLIS_MDS");
    assert!(
        message.contains("trusted"),
        "not the FIDO Alliance: {message}"
    );
    let root = pem(&signer().root_certificate());
    let root = [("PORTCULLIS_MDS_ROOT", folder.write("lone.pem", root))];
    refused_start(&root, "PORTCULLIS_MDS_ROOT");
}

#[test]
fn of_a_root_that_issues_to_everybody_only_the_named_host_may_sign() {
    let chain = signer();
    let now = UnixTime::parse_rfc3339("2026-06-01T00:00:00Z").expect("a time");
    let signer = Issuer {
        roots: vec![chain.root_certificate()],
        ..Issuer::fido_alliance()
    };
    let read = |host: &str| {
        let mut leaf = chain.leaf_certificate();
        let name = der::element(&[0x82], host.as_bytes());
        let names = der::sequence(&[name]);
        leaf.put(Extension::new(ALTERNATIVE_NAME, false, names));
        let blob = Blob::with_chain(&chain, &chain.x5c_of(&leaf), &[]).encode();
        Metadata::read(blob.as_bytes(), &signer, now).map(|metadata| metadata.number())
    };
    assert_eq!(read("mds.fidoalliance.org"), Ok(7));
    let refused = Err(MetadataError::Host("mds.fidoalliance.org"));
    assert_eq!(read("mds.fidoalliance.org.example"), refused);

    let outdated = UnixTime::parse_rfc3339("3026-06-01T00:00:00Z").expect("a time");
    let blob = Blob::new(&chain, &[]).encode();
    let read = Metadata::read(blob.as_bytes(), &signer, outdated);
    assert!(matches!(read, Err(MetadataError::Untrusted(_))), "{read:?}");
}

#[test]
fn roots_that_cannot_be_read_stop_the_start() {
    let folder = Folder::new("unreadable");
    let refused = || {
        let settings = [("PORTCULLIS_ATTESTATION_ROOTS", folder.roots())];
        refused_start(&settings, "PORTCULLIS_ATTESTATION_ROOTS")
    };
    refused();
    let good = pem(&Chain::new().root_certificate());
    for bad in [
        "",
        "a note",
        &good[..good.len() / 2],
        &good.replace("MII", "!!!"),
    ] {
        folder.write("roots/a.pem", &good);
        folder.write("roots/b.pem", bad);
        assert!(refused().contains("b.pem"));
    }
    fs::remove_dir_all(folder.roots()).expect("it goes");
    refused();
}

/// The next issue is taken up without a restart; one that is not signed, or older, is not.
#[rocket::async_test]
async fn metadata_are_renewed_when_their_file_changes() {
    let folder = Folder::new("renewed");
    let mut blob = Blob::new(&signer(), &[]);
    let settings = folder.metadata(&blob.encode());
    let pairs: Vec<_> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let host = Host::listening(&pairs).await;
    let issue = async |expected: u64| {
        let started = std::time::Instant::now();
        while health(&host).await["metadata"]["no"] != expected {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "not {expected}"
            );
            rocket::tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    issue(7).await;
    blob.payload["no"] = 8.into();
    folder.write("blob.jwt", blob.encode());
    issue(8).await;
    // Refused one after the other, and the next good one is taken.
    folder.write("blob.jwt", "not metadata");
    blob.payload["no"] = 7.into();
    folder.write("blob.jwt", blob.encode());
    blob.payload["no"] = 9.into();
    folder.write("blob.jwt", blob.encode());
    issue(9).await;
}

/// An older issue would not know of models that were revoked since.
#[test]
fn an_older_issue_is_refused_and_the_log_says_so() {
    let folder = Folder::new("older");
    let mut blob = Blob::new(&signer(), &[]);
    let mut server = portcullis()
        .arg("serve")
        .env("ROCKET_PORT", "0")
        .env("PORTCULLIS_ORIGINS", "http://localhost")
        .envs(folder.metadata(&blob.encode()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let ready = BufReader::new(server.stdout.take().expect("piped"))
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("is ready"));
    assert!(ready, "it has read the issue");
    blob.payload["no"] = 6.into();
    folder.write("blob.jwt", blob.encode());
    let said = BufReader::new(server.stderr.take().expect("piped"))
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("older issue") || line.contains("is in use"));
    server.kill().expect("it is killed");
    server.wait().expect("it is gone");
    let said = said.expect("the log says what became of the file");
    assert!(
        said.contains("PORTCULLIS_MDS: the file now holds an older issue"),
        "{said}"
    );
}

/// The host and the command line say the same of a response, where a check can ask for the same.
#[rocket::async_test]
async fn the_host_judges_as_a_check_with_the_same_roots() {
    let (chain, stranger) = (Chain::new(), Chain::numbered(1));
    let folder = Folder::new("parity");
    let host = folder.host_with_root(&chain, &[]).await;
    let attestations = [chain.packed(), stranger.packed(), Arc::new(NoAttestation)];
    for (number, attestation) in attestations.into_iter().enumerate() {
        let mut person = Person::new(&format!("alice-{number}"));
        let registering = begin(&host, &mut person, MODEL, attestation).await;
        let client_data = registering.registration.client_data.bytes();
        let client_data: Value = serde_json::from_slice(&client_data).expect("JSON");
        let answer = person.complete_registration(&host, &registering).await;
        let verdict = verdict::judge(&json!({
            "kind": "registration",
            "rpId": host.rp_id,
            "origins": [host.origin],
            "challenge": client_data["challenge"],
            "attestation": {
                "policy": "trusted",
                "roots": [pem(&chain.root_certificate())],
                "time": "2026-06-01T00:00:00Z",
            },
            "response": registering.registration.response(),
        }));
        let answer = answer.json();
        for member in ["step", "code"] {
            assert_eq!(answer[member], verdict[member], "{answer:#} {verdict:#}");
        }
        assert_eq!(answer["status"] == "OK", verdict["accepted"] == true);
    }
}
