//! Trust in an attestation, 7.1.23 and 7.1.24: paths of certificates that do not lead to a root.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Cases;
use crate::{
    attestation::{Attestation, Compound, NoAttestation, PackedCertified},
    cbor::Cbor,
    certificate::{Authority, BASIC_CONSTRAINTS, Certificate, Extension, KEY_USAGE},
    chain::{Chain, ROOT, pem, rename},
    der,
    keys::Es256,
    scene::Scene,
};

const UNTRUSTED: &str = "attestation_untrusted";
const OUTDATED: &str = "attestation_certificate_outdated";
const TIME: &str = "2026-06-01T00:00:00Z";

/// From the attestation key's certificate by way of one authority to the root.
struct Path {
    scene: Scene,
    root: Authority,
    root_certificate: Vec<u8>,
    authority: Certificate,
    authority_key: Es256,
    /// Who signs the authority's certificate.
    authority_issuer: Es256,
    leaf: Certificate,
    /// Who signs the leaf's.
    leaf_issuer: Es256,
    time: &'static str,
}

fn constrained(path_length: Option<u8>) -> Extension {
    let mut content = vec![der::boolean(true)];
    content.extend(path_length.map(|length| der::integer(&[length])));
    Extension::new(BASIC_CONSTRAINTS, true, der::sequence(&content))
}

impl Path {
    const AUTHORITY: &'static str = "an authority between";

    fn new() -> Self {
        let scene = Scene::new();
        let Chain {
            root,
            upper: authority_key,
            ..
        } = Chain::new();
        let authority = Chain::new().authority(Self::AUTHORITY, ROOT, &authority_key, None);
        let mut leaf = root.issue(&scene.key.public_key_info(), vec![3]);
        rename(&mut leaf.issuer, Self::AUTHORITY);
        Self {
            scene,
            root_certificate: root.certificate(),
            authority_issuer: root.key.clone(),
            root,
            authority,
            leaf_issuer: authority_key.clone(),
            authority_key,
            leaf,
            time: TIME,
        }
    }

    fn x5c(&self) -> Vec<Vec<u8>> {
        vec![
            self.leaf.sign(&self.leaf_issuer),
            self.authority.sign(&self.authority_issuer),
        ]
    }

    fn packed(&self) -> PackedCertified {
        self.certified(self.x5c())
    }

    fn certified(&self, x5c: Vec<Vec<u8>>) -> PackedCertified {
        PackedCertified {
            key: Arc::new(self.scene.key.clone()),
            x5c,
        }
    }

    /// The scene, whose attestation has to lead to these roots.
    fn trusting(&self, roots: &[Vec<u8>]) -> Scene {
        let roots: Vec<_> = roots.iter().map(|root| pem(root)).collect();
        let mut scene = self.scene.clone();
        scene.policy = json!({
            "attestation": {"policy": "trusted", "roots": roots, "time": self.time},
        });
        scene
    }
}

/// A path to its root.
pub(super) fn unbroken() -> Vec<Value> {
    let path = Path::new();
    let roots = [path.root_certificate.clone()];
    vec![path.trusting(&roots).check(path.packed())]
}

pub(super) fn write(cases: &mut Cases) {
    links(cases);
    whole_paths(cases);
    dates(cases);
    without_a_path(cases);
}

/// One certificate of the path is another, its signature right.
fn links(cases: &mut Cases) {
    let mut changed = |code, rule: &str, change: &dyn Fn(&mut Path)| {
        let mut path = Path::new();
        change(&mut path);
        let scene = path.trusting(core::slice::from_ref(&path.root_certificate));
        cases.statement_at(&scene, 24, code, &format!("trust: {rule}"), path.packed());
    };
    let other = || Es256::from_secret(&[8; 32]);
    changed(
        UNTRUSTED,
        "another has signed the attestation certificate",
        &|path| path.leaf_issuer = other(),
    );
    changed(
        UNTRUSTED,
        "another has signed the authority's certificate",
        &|path| path.authority_issuer = other(),
    );
    changed(
        UNTRUSTED,
        "the attestation certificate names another issuer",
        &|path| {
            rename(&mut path.leaf.issuer, "somebody else");
        },
    );
    changed(
        UNTRUSTED,
        "the authority's certificate names another issuer",
        &|path| {
            rename(&mut path.authority.issuer, "somebody else");
        },
    );
    changed(
        UNTRUSTED,
        "the authority's certificate has another key",
        &|path| {
            path.authority.public_key = other().public_key_info();
        },
    );
    changed(
        UNTRUSTED,
        "the authority's certificate has signed itself",
        &|path| {
            path.authority_issuer = path.authority_key.clone();
        },
    );
    changed(UNTRUSTED, "the issuer is not an authority", &|path| {
        path.authority
            .put(Extension::new(BASIC_CONSTRAINTS, true, der::sequence(&[])));
    });
    changed(
        UNTRUSTED,
        "the issuer does not say that it is an authority",
        &|path| {
            path.authority.remove(BASIC_CONSTRAINTS);
        },
    );
    changed(UNTRUSTED, "the issuer is of version 1", &|path| {
        path.authority.version = None;
        path.authority.extensions.clear();
    });
    changed(
        UNTRUSTED,
        "the issuer's key may not sign certificates",
        &|path| {
            path.authority
                .put(Extension::new(KEY_USAGE, true, vec![3, 2, 7, 0x80]));
        },
    );
    let critical = || Extension::new("1.2.3.4", true, der::null());
    changed(
        UNTRUSTED,
        "the issuer has a critical extension that nobody knows",
        &|path| path.authority.put(critical()),
    );
    changed(
        UNTRUSTED,
        "the attestation certificate has a critical extension that nobody knows",
        &|path| {
            path.leaf.put(critical());
        },
    );
    changed(
        UNTRUSTED,
        "the root allows no authority below it",
        &|path| {
            let mut root = path.root.issue(&path.root.key.public_key_info(), vec![1]);
            root.subject.clone_from(&root.issuer);
            root.put(constrained(Some(0)));
            root.put(Extension::new(KEY_USAGE, true, vec![3, 2, 2, 4]));
            path.root_certificate = root.sign(&path.root.key);
        },
    );
    changed(
        UNTRUSTED,
        "the root's key may not sign certificates",
        &|path| {
            let mut root = path.root.issue(&path.root.key.public_key_info(), vec![1]);
            root.subject.clone_from(&root.issuer);
            root.put(constrained(None));
            path.root_certificate = root.sign(&path.root.key);
        },
    );
    let unreadable = "attestation_certificate_malformed";
    changed(
        unreadable,
        "the issuer's key usage cannot be read",
        &|path| {
            path.authority
                .put(Extension::new(KEY_USAGE, true, der::null()));
        },
    );
    changed(
        unreadable,
        "the issuer's basic constraints cannot be read",
        &|path| {
            path.authority
                .put(Extension::new(BASIC_CONSTRAINTS, true, der::null()));
        },
    );
}

fn whole_paths(cases: &mut Cases) {
    let path = Path::new();
    let root = path.root_certificate.clone();
    let stranger = Authority::new(&[9; 32], vec![9]).certificate();
    let mut leading = |rule: &str, x5c: Vec<Vec<u8>>, roots: &[Vec<u8>]| {
        let scene = path.trusting(roots);
        cases.statement_at(
            &scene,
            24,
            UNTRUSTED,
            &format!("trust: {rule}"),
            path.certified(x5c),
        );
    };
    let x5c = path.x5c();
    leading(
        "the authority between is missing",
        x5c[..1].to_vec(),
        core::slice::from_ref(&root),
    );
    leading(
        "the root is of the right name and another key",
        x5c.clone(),
        core::slice::from_ref(&stranger),
    );
    leading(
        "the root only comes along",
        [&x5c[..], core::slice::from_ref(&root)].concat(),
        &[stranger],
    );
    leading("the root cannot be read", x5c.clone(), &[vec![0x30, 0]]);
    leading(
        "the authority between cannot be read",
        vec![x5c[0].clone(), vec![0x30, 0]],
        core::slice::from_ref(&root),
    );
    let one_bit = {
        let mut root = root.clone();
        *root.last_mut().expect("bytes") ^= 1;
        [x5c[..1].to_vec(), vec![root]].concat()
    };
    leading(
        "a root with another signature comes along",
        one_bit,
        &[path.leaf.sign(&path.root.key)],
    );
}

fn dates(cases: &mut Cases) {
    let mut dated = |rule: &str, change: &dyn Fn(&mut Path)| {
        let mut path = Path::new();
        change(&mut path);
        let scene = path.trusting(core::slice::from_ref(&path.root_certificate));
        cases.statement_at(
            &scene,
            24,
            OUTDATED,
            &format!("trust: {rule}"),
            path.packed(),
        );
    };
    dated("no certificate is valid yet", &|path| {
        path.time = "2023-12-31T23:59:59Z";
    });
    dated("no certificate is valid any more", &|path| {
        path.time = "3024-01-01T00:00:01Z";
    });
    dated("the attestation certificate is valid no more", &|path| {
        path.leaf.not_after = "20260531235959Z".into();
    });
    dated("the attestation certificate is not valid yet", &|path| {
        path.leaf.not_before = "20260601000001Z".into();
    });
    dated("the authority's certificate is valid no more", &|path| {
        path.authority.not_after = "20260531235959Z".into();
    });
    dated("the root's certificate is valid no more", &|path| {
        let mut root = path.root.issue(&path.root.key.public_key_info(), vec![1]);
        root.subject.clone_from(&root.issuer);
        root.put(constrained(None));
        root.put(Extension::new(KEY_USAGE, true, vec![3, 2, 2, 4]));
        root.not_after = "20260531235959Z".into();
        path.root_certificate = root.sign(&path.root.key);
    });
    // Where trust is not asked for, a time is judged all the same.
    let mut scene = Scene::new();
    scene.policy = json!({"attestation": {"time": TIME}});
    let expired = scene.packed(|certificate| certificate.not_after = "20250101000000Z".into());
    cases.statement_at(
        &scene,
        24,
        OUTDATED,
        "an attestation certificate is valid no more, trust not asked for",
        expired,
    );
    let mut two = scene.packed(|_| ());
    let mut expired = scene.certificate();
    expired.not_after = "20250101000000Z".into();
    two.x5c.extend(scene.sign(&expired));
    cases.statement_at(
        &scene,
        24,
        OUTDATED,
        "a second certificate is valid no more, trust not asked for",
        two,
    );
}

fn without_a_path(cases: &mut Cases) {
    let path = Path::new();
    let trusting = path.trusting(core::slice::from_ref(&path.root_certificate));
    let own = || -> Arc<dyn Attestation> { Arc::new(trusting.packed_self()) };
    let mut leads_nowhere = |rule: &str, attestation: Arc<dyn Attestation>| {
        cases.statement_at(
            &trusting,
            24,
            UNTRUSTED,
            &format!("trust: {rule}"),
            Shared(attestation),
        );
    };
    leads_nowhere("nothing is attested", Arc::new(NoAttestation));
    leads_nowhere("the key attests itself", own());
    let good: Arc<dyn Attestation> = Arc::new(path.packed());
    leads_nowhere(
        "a part of a compound statement has no path",
        Arc::new(Compound(vec![good.clone(), own()])),
    );
    let elsewhere: Arc<dyn Attestation> = Arc::new(path.scene.packed(|_| ()));
    leads_nowhere(
        "a part of a compound statement leads elsewhere",
        Arc::new(Compound(vec![good, elsewhere])),
    );
    leads_nowhere(
        "a SafetyNet response leads to no root",
        Arc::new(trusting.safetynet("attest.android.com")),
    );
    let nobody = path.trusting(&[]);
    const MISSING: &str = "trust_anchors_missing";
    cases.statement_at(
        &nobody,
        23,
        MISSING,
        "trust: there are no roots",
        path.packed(),
    );
    cases.statement_at(
        &nobody,
        23,
        MISSING,
        "trust: there are no roots, and nothing is attested",
        NoAttestation,
    );
}

/// An attestation that others have too.
#[derive(Debug)]
struct Shared(Arc<dyn Attestation>);

impl Attestation for Shared {
    fn format(&self) -> &str {
        self.0.format()
    }

    fn statement(&self, authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Cbor {
        self.0.statement(authenticator_data, client_data_hash)
    }
}
