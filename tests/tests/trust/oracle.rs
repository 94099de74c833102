//! The core's trust paths against those of rustls-webpki, which TLS relies on, over every chain that both
//! can judge. Where they differ there is a reason, and there is none where they do not.

use core::time::Duration;

use portcullis_core::Crypto;
use portcullis_core::attestation::verify_path;
use portcullis_core::data::{self, UnixTime};
use portcullis_tests::certificate::{
    ALTERNATIVE_NAME, BASIC_CONSTRAINTS, Certificate, EXTENDED_KEY_USAGE, Extension, KEY_USAGE,
};
use portcullis_tests::chain::{Chain, ROOT, rename};
use portcullis_tests::keys::Es256;
use portcullis_tests::{corpora, der, x5c};
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime as WebpkiTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    anchor_from_trusted_cert,
};

/// One chain, and what it has to lead to.
#[derive(Clone, Debug)]
struct Question {
    name: String,
    x5c: Vec<Vec<u8>>,
    roots: Vec<Vec<u8>>,
    time: UnixTime,
}

/// Where the two differ: in questions whose names have all of these parts, of which one of the two alone
/// accepts some.
struct Difference {
    names: &'static [&'static str],
    accepted_by: Judge,
    reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judge {
    Core,
    Webpki,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        names: &["anchor: itself"],
        accepted_by: Judge::Core,
        reason: "An attestation certificate that is listed is trusted as it is, as WebAuthn says in 7.1.24 and \
                 the FIDO metadata list some. To webpki a root has issued what it makes trusted.",
    },
    Difference {
        names: &["leaf: version 1;"],
        accepted_by: Judge::Core,
        reason: "Of what version an attestation certificate is, its statement's format judges: FIDO U2F takes any.",
    },
    Difference {
        names: &["leaf: an authority;"],
        accepted_by: Judge::Core,
        reason: "Whether an attestation certificate may be an authority's, its statement's format judges.",
    },
    Difference {
        names: &["leaf: path length"],
        accepted_by: Judge::Core,
        reason: "The same: only an authority has a path length.",
    },
    Difference {
        names: &["critical policies;"],
        accepted_by: Judge::Core,
        reason: "Nobody here asks for a policy, so every policy will do (RFC 5280 section 6.1.1 (c)), critical or \
                 not. webpki does not know the extension.",
    },
    Difference {
        names: &["(TPM)", "anchor: its last"],
        accepted_by: Judge::Core,
        reason: "The same: genuine TPMs have critical policies in their attestation certificates.",
    },
    Difference {
        names: &["authorities between: 7"],
        accepted_by: Judge::Core,
        reason: "Both bound a path: the core takes eight certificates below the root, webpki seven.",
    },
    Difference {
        names: &["leaf: name constraints;"],
        accepted_by: Judge::Webpki,
        reason: "The core does not judge name constraints, so it refuses critical ones wherever they appear. webpki \
                 judges those of authorities and passes over a leaf's.",
    },
    Difference {
        names: &["key usage that signs data;"],
        accepted_by: Judge::Webpki,
        reason: "webpki does not look at key usage. RFC 5280 wants keyCertSign of an issuer (section 6.1.4 (n)).",
    },
    Difference {
        names: &["lower:", "anchor: the lower authority"],
        accepted_by: Judge::Webpki,
        reason: "To webpki a root is a name and a key. What a root says of itself holds for the core: its dates, \
                 that it is an authority, its path length, its critical extensions.",
    },
    Difference {
        names: &["upper:", "anchor: the upper authority"],
        accepted_by: Judge::Webpki,
        reason: "The same.",
    },
    Difference {
        names: &["root:", "anchor: the root"],
        accepted_by: Judge::Webpki,
        reason: "The same.",
    },
];

impl Difference {
    fn is_about(&self, question: &Question) -> bool {
        self.names.iter().all(|part| question.name.contains(part))
    }
}

impl Question {
    /// What the core says.
    fn ask_core(&self) -> Result<(), String> {
        let roots: Vec<&[u8]> = self.roots.iter().map(Vec::as_slice).collect();
        let certificates = self.x5c.iter().map(Vec::as_slice);
        verify_path(certificates, &roots, Some(self.time), &Crypto::BUILT_IN)
            .map_err(|error| error.to_string())
    }

    /// What rustls-webpki says.
    fn ask_webpki(&self) -> Result<(), String> {
        let certificates: Vec<_> = self.x5c.iter().map(|der| der[..].into()).collect();
        let roots: Vec<CertificateDer<'_>> = self.roots.iter().map(|der| der[..].into()).collect();
        let anchors: Vec<TrustAnchor<'_>> = roots
            .iter()
            .filter_map(|root| anchor_from_trusted_cert(root).ok())
            .collect();
        let seconds = self.time.seconds().try_into().expect("after 1970");
        let time = WebpkiTime::since_unix_epoch(Duration::from_secs(seconds));
        EndEntityCert::try_from(&certificates[0])
            .and_then(|leaf| {
                leaf.verify_for_usage(
                    ALL_VERIFICATION_ALGS,
                    &anchors,
                    &certificates[1..],
                    time,
                    AnyUsage,
                    None,
                    None,
                )
                .map(|_| ())
            })
            .map_err(|error| error.to_string())
    }
}

/// Attestation certificates are for none of TLS's purposes.
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

type Change = fn(&mut Certificate);

/// What can be done to a certificate before it is signed.
const CHANGES: &[(&str, Change)] = &[
    ("nothing", |_| ()),
    ("over", |it| it.not_after = "20250101000000Z".into()),
    ("not begun", |it| it.not_before = "20270101000000Z".into()),
    ("beyond 2050", |it| it.not_after = "20600101000000Z".into()),
    ("version 1", |it| {
        it.version = None;
        it.extensions.clear();
    }),
    ("no basic constraints", |it| it.remove(BASIC_CONSTRAINTS)),
    ("not an authority", |it| constrain(it, &[])),
    ("an authority", |it| constrain(it, &[der::boolean(true)])),
    ("path length 0", |it| {
        constrain(it, &[der::boolean(true), der::integer(&[0])]);
    }),
    ("path length 1", |it| {
        constrain(it, &[der::boolean(true), der::integer(&[1])]);
    }),
    ("no key usage", |it| it.remove(KEY_USAGE)),
    ("key usage that signs data", |it| {
        it.put(Extension::new(KEY_USAGE, true, vec![3, 2, 7, 0x80]));
    }),
    ("unknown extension", |it| {
        it.put(Extension::new("1.2.3.4", false, der::null()));
    }),
    ("unknown critical extension", |it| {
        it.put(Extension::new("1.2.3.4", true, der::null()));
    }),
    ("malformed policies", |it| {
        it.put(Extension::new("2.5.29.32", false, der::null()));
    }),
    ("critical policies", |it| {
        let any = der::sequence(&[der::sequence(&[der::oid("2.5.29.32.0")])]);
        it.put(Extension::new("2.5.29.32", true, any));
    }),
    ("critical alternative name, no subject", |it| {
        it.subject.clear();
        let name = der::context(4, &der::sequence(&[]));
        it.put(Extension::new(
            ALTERNATIVE_NAME,
            true,
            der::sequence(&[name]),
        ));
    }),
    ("extended key usage", |it| {
        let purposes = der::sequence(&[der::oid("2.23.133.8.3")]);
        it.put(Extension::new(EXTENDED_KEY_USAGE, true, purposes));
    }),
    ("name constraints", |it| {
        // Names below "nobody" alone, in a tree of directory names.
        let name = der::context(4, &der::sequence(&[]));
        let tree = der::context(0, &der::sequence(&[name]));
        it.put(Extension::new("2.5.29.30", true, der::sequence(&[tree])));
    }),
    ("another issuer's name", |it| it.issuer.clear()),
];

fn constrain(certificate: &mut Certificate, constraints: &[Vec<u8>]) {
    let value = der::sequence(constraints);
    certificate.put(Extension::new(BASIC_CONSTRAINTS, true, value));
}

fn now() -> UnixTime {
    UnixTime::parse_rfc3339(super::NOW).expect("a time")
}

/// Chains with no to eight authorities between the certificate and the root.
fn long() -> Vec<Question> {
    let chain = Chain::new();
    let root = &chain.root;
    let mut questions = Vec::new();
    // From the root downwards: who issues the next certificate, and those above it.
    let (mut issuer, mut name) = (root.key.clone(), ROOT.to_owned());
    let mut above = Vec::new();
    for authorities in 0..=8 {
        let mut leaf = root.issue(&chain.leaf.public_key_info(), vec![3]);
        rename(&mut leaf.issuer, &name);
        let mut x5c = vec![leaf.sign(&issuer)];
        x5c.extend(above.iter().rev().cloned());
        questions.push(Question {
            name: format!("authorities between: {authorities}"),
            x5c,
            roots: vec![chain.root_certificate()],
            time: now(),
        });
        let key = Es256::from_secret(&[20 + authorities; 32]);
        let next = format!("authority {authorities}");
        let certificate = chain.authority(&next, &name, &key, None);
        above.push(certificate.sign(&issuer));
        (issuer, name) = (key, next);
    }
    questions
}

/// Chains with a second certificate of the upper authority, which leads nowhere, before or after the one
/// that leads to the root.
fn forked() -> Vec<Question> {
    let chain = Chain::new();
    let stranger = Chain::numbered(1).root.key;
    let upper = chain.upper_certificate();
    let mut over = upper.clone();
    over.not_after = "20250101000000Z".into();
    let mut unknown = upper.clone();
    rename(&mut unknown.issuer, "a stranger");
    let mut weak = upper.clone();
    constrain(&mut weak, &[der::boolean(true), der::integer(&[0])]);
    let twins = [
        ("over", over.sign(&chain.root.key)),
        ("of an unknown root", unknown.sign(&stranger)),
        ("of another root of the name", upper.sign(&stranger)),
        ("with a path too short", weak.sign(&chain.root.key)),
    ];
    let mut questions = Vec::new();
    for (what, twin) in twins {
        for place in [1, 2, 3] {
            let mut x5c = chain.x5c();
            x5c.insert(place, twin.clone());
            questions.push(Question {
                name: format!("twin {what}; at {place}"),
                x5c,
                roots: vec![chain.root_certificate()],
                time: now(),
            });
        }
    }
    questions
}

/// Every change to every certificate of a chain, against every set of roots.
fn made() -> Vec<Question> {
    let chain = Chain::new();
    let mut root = chain.root.issue(&chain.root.key.public_key_info(), vec![1]);
    root.subject.clone_from(&root.issuer);
    constrain(&mut root, &[der::boolean(true)]);
    root.put(Extension::new(KEY_USAGE, true, vec![3, 2, 1, 6]));
    let certificates: [(&str, Certificate, &Es256); 4] = [
        ("leaf", chain.leaf_certificate(), &chain.lower),
        ("lower", chain.lower_certificate(), &chain.upper),
        ("upper", chain.upper_certificate(), &chain.root.key),
        ("root", root, &chain.root.key),
    ];
    let stranger = Chain::numbered(1).root_certificate();
    let forger = Es256::from_secret(&[8; 32]);
    let mut questions = Vec::new();
    let mut ask = |what: String, chain: &[Vec<u8>]| {
        let anchors = [
            ("the root", &chain[3]),
            ("the upper authority", &chain[2]),
            ("the lower authority", &chain[1]),
            ("itself", &chain[0]),
            ("a stranger", &stranger),
        ];
        for (anchor, root) in anchors {
            for length in [1, 3, 4] {
                questions.push(Question {
                    name: format!("{what}; anchor: {anchor}; certificates: {length}"),
                    x5c: chain[..length].to_vec(),
                    roots: vec![root.clone()],
                    time: now(),
                });
            }
        }
    };
    let sign = |certificate: &(&str, Certificate, &Es256)| certificate.1.sign(certificate.2);
    for link in 0..certificates.len() {
        let name = certificates[link].0;
        for (change, make) in CHANGES {
            let mut changed = certificates.clone();
            make(&mut changed[link].1);
            let signed: Vec<_> = changed.iter().map(sign).collect();
            ask(format!("{name}: {change}"), &signed);
        }
        let mut signed: Vec<_> = certificates.iter().map(sign).collect();
        signed[link] = certificates[link].1.sign(&forger);
        ask(format!("{name}: forged"), &signed);
    }
    questions
}

/// Every chain of the corpora, against its own last certificate and a stranger's, within its time and after.
fn collected() -> Vec<Question> {
    let stranger = Chain::new().root_certificate();
    let mut questions = Vec::new();
    for (id, check) in corpora::all_checks() {
        for x5c in x5c::chains(&check) {
            let Ok(leaf) = data::Certificate::parse(&x5c[0]) else {
                continue;
            };
            let last = x5c[x5c.len() - 1].clone();
            let own = if x5c.len() == 1 { "itself" } else { "its last" };
            let is_tpm = leaf.subject().is_empty();
            let id = if is_tpm {
                format!("{id} (TPM)")
            } else {
                id.clone()
            };
            let times = [
                ("as it begins", leaf.not_before()),
                (
                    "when it is over",
                    UnixTime::new(leaf.not_after().seconds() + 1),
                ),
            ];
            for (when, time) in times {
                for (anchor, root) in [(own, &last), ("a stranger", &stranger)] {
                    questions.push(Question {
                        name: format!("{id}; anchor: {anchor}; {when}"),
                        x5c: x5c.clone(),
                        roots: vec![root.clone()],
                        time,
                    });
                }
            }
        }
    }
    questions
}

/// Holds the two against each other, and against the table.
#[test]
fn paths_are_judged_as_by_rustls_webpki_but_for_reasons() {
    let questions = [made(), long(), forked(), collected()].concat();
    let (mut accepted, mut different) = (0, 0);
    let mut found = vec![false; DIFFERENCES.len()];
    let mut unexplained = Vec::new();
    for question in &questions {
        let (core, webpki) = (question.ask_core(), question.ask_webpki());
        accepted += usize::from(core.is_ok());
        let accepted_by = match (&core, &webpki) {
            (Ok(()), Err(_)) => Judge::Core,
            (Err(_), Ok(())) => Judge::Webpki,
            _ => continue,
        };
        different += 1;
        let row = DIFFERENCES
            .iter()
            .position(|row| row.accepted_by == accepted_by && row.is_about(question));
        match row {
            Some(row) => found[row] = true,
            None => unexplained.push(format!("{}: {core:?}, {webpki:?}", question.name)),
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    for (row, found) in DIFFERENCES.iter().zip(found) {
        let asked = questions.iter().any(|question| row.is_about(question));
        // The corpora are not beside every checkout; what is made here is.
        assert!(found || !asked, "{:?}: no difference any more", row.names);
        assert!(!row.reason.is_empty());
    }
    corpora::report(&format!(
        "{} paths asked of the core and of rustls-webpki: {accepted} lead to a root, {different} are judged \
         otherwise, for {} reasons",
        questions.len(),
        DIFFERENCES.len()
    ));
}
