//! Certificates as such: what is no X.509 certificate is refused wherever it appears, here in a packed
//! statement, whose own signature does not cover it.

use super::Cases;
use crate::{
    attestation::PackedCertified,
    certificate::{Certificate, Extension},
    der,
    scene::Scene,
};

const CODE: &str = "attestation_certificate_malformed";

pub(super) fn write(cases: &mut Cases) {
    let scene = Scene::new();
    encoding(cases, &scene);
    fields(cases, &scene);
    public_key(cases, &scene);
    extensions(cases, &scene);
    structure(cases, &scene);
}

fn encoding(cases: &mut Cases, scene: &Scene) {
    let mut spoiled = |rule: &str, spoil: &dyn Fn(&mut Vec<u8>)| {
        let mut packed = scene.packed(|_| ());
        spoil(&mut packed.x5c[0]);
        cases.statement(scene, CODE, &format!("the certificate {rule}"), packed);
    };
    // A certificate begins 30 82 and its length, then 30 82 and that of its signed part.
    spoiled("is empty", &|der| der.clear());
    spoiled("is an empty sequence", &|der| *der = vec![0x30, 0]);
    spoiled("is a set", &|der| der[0] = 0x31);
    spoiled("has a byte after it", &|der| der.push(0));
    spoiled("is cut short", &|der| der.truncate(der.len() - 1));
    spoiled("is of indefinite length", &|der| der[1] = 0x80);
    spoiled("is longer than it says", &|der| der[3] -= 1);
    spoiled("has its length in a byte too many", &|der| {
        der[1] = 0x83;
        der.insert(2, 0);
    });
    spoiled("has its length in nine bytes", &|der| der[1] = 0x89);
    spoiled("has a signed part that is a set", &|der| der[4] = 0x31);
    spoiled("is in base64", &|der| *der = b"MIIB".to_vec());
    spoiled("has another algorithm outside than inside", &|der| {
        // The last byte of the second object identifier of ecdsa-with-SHA256.
        let oid = der::oid("1.2.840.10045.4.3.2");
        let at = der.windows(oid.len()).rposition(|window| window == oid);
        der[at.expect("an algorithm") + oid.len() - 1] = 3;
    });
    spoiled("has a signature that is an octet string", &|der| {
        *der = der::edit(der, &[], &|parts| parts[2][0] = 0x04);
    });
}

fn changed(cases: &mut Cases, scene: &Scene, rule: &str, change: impl FnOnce(&mut Certificate)) {
    let packed: PackedCertified = scene.packed(change);
    cases.statement(scene, CODE, rule, packed);
}

fn fields(cases: &mut Cases, scene: &Scene) {
    for (rule, version) in [("4", 3), ("128", 127), ("256", 0xff)] {
        let rule = format!("the certificate's version is {rule}");
        changed(cases, scene, &rule, |c| c.version = Some(version));
    }
    for (rule, time) in [
        ("in month 13", "20241301000000Z"),
        ("in month 0", "20240001000000Z"),
        ("on day 32", "20240132000000Z"),
        ("on February 30", "20240230000000Z"),
        ("at hour 24", "20240101240000Z"),
        ("in minute 60", "20240101006000Z"),
        ("without seconds", "202401010000Z"),
        ("in a zone", "20240101000000+0100"),
        ("without a zone", "20240101000000"),
        ("with a fraction", "20240101000000.5Z"),
        ("beyond 2050 with a letter", "2060010100000OZ"),
    ] {
        let rule = format!("the certificate begins to be valid {rule}");
        changed(cases, scene, &rule, |c| c.not_before = time.into());
    }
}

fn public_key(cases: &mut Cases, scene: &Scene) {
    let point = scene.key.coordinates().0;
    let ec = |curve: &str, point: &[u8]| {
        let algorithm = der::sequence(&[der::oid("1.2.840.10045.2.1"), der::oid(curve)]);
        der::sequence(&[algorithm, der::bits(point)])
    };
    let rsa = |numbers: Vec<u8>| {
        let algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.1"), der::null()]);
        der::sequence(&[algorithm, der::bits(&numbers)])
    };
    const P256: &str = "1.2.840.10045.3.1.7";
    let modulus = der::integer(&[0x55; 256]);
    let exponent = der::integer(&[1, 0, 1]);
    for (rule, info) in [
        ("is compressed", ec(P256, &[&[2][..], &point].concat())),
        ("lacks its y", ec(P256, &[&[4][..], &point].concat())),
        (
            "has a third coordinate",
            ec(P256, &[&[4][..], &point, &point, &point].concat()),
        ),
        ("is the point at infinity", ec(P256, &[0])),
        (
            "is on a curve unheard of",
            ec("1.3.36.3.3.2.8.1.1.7", &[4; 65]),
        ),
        ("has P-256's length on P-384", ec("1.3.132.0.34", &[4; 65])),
        (
            "is of an algorithm unheard of",
            der::sequence(&[
                der::sequence(&[der::oid("1.2.840.10040.4.1")]),
                der::bits(&[1]),
            ]),
        ),
        (
            "has no curve",
            der::sequence(&[
                der::sequence(&[der::oid("1.2.840.10045.2.1")]),
                der::bits(&[4; 65]),
            ]),
        ),
        ("has seven unused bits", {
            let algorithm = der::sequence(&[der::oid("1.2.840.10045.2.1"), der::oid(P256)]);
            der::sequence(&[algorithm, der::element(&[3], &[7, 4, 0x80])])
        }),
        ("is not there", der::sequence(&[])),
        (
            "is RSA's with a negative modulus",
            rsa(der::sequence(&[
                der::element(&[2], &[0x80; 256]),
                exponent.clone(),
            ])),
        ),
        (
            "is RSA's with a zero before the modulus",
            rsa(der::sequence(&[
                der::element(&[2], &[&[0, 0][..], &[0x55; 256]].concat()),
                exponent.clone(),
            ])),
        ),
        (
            "is RSA's without an exponent",
            rsa(der::sequence(core::slice::from_ref(&modulus))),
        ),
        (
            "is RSA's with a third number",
            rsa(der::sequence(&[
                modulus.clone(),
                exponent.clone(),
                exponent.clone(),
            ])),
        ),
        ("is Ed25519's and a byte short", {
            der::sequence(&[
                der::sequence(&[der::oid("1.3.101.112")]),
                der::bits(&[1; 31]),
            ])
        }),
    ] {
        let rule = format!("the certificate's public key {rule}");
        changed(cases, scene, &rule, |c| c.public_key = info);
    }
}

fn extensions(cases: &mut Cases, scene: &Scene) {
    changed(cases, scene, "an extension appears twice", |c| {
        let again = c.extensions[0].clone();
        c.extensions.push(again);
    });
    changed(cases, scene, "there are 33 extensions", |c| {
        for number in 0..33 {
            c.put(Extension::new(
                &format!("1.2.3.{number}"),
                false,
                der::null(),
            ));
        }
    });
    // The first of the certificate's extensions, as it is encoded.
    let first = der::sequence(&[
        der::oid("2.5.29.19"),
        der::boolean(true),
        der::octets(&der::sequence(&[])),
    ]);
    let mut replaced = |rule: &str, by: Vec<u8>| {
        assert_eq!(by.len(), first.len(), "{rule}: the lengths around it stay");
        let mut packed = scene.packed(|_| ());
        let der = &mut packed.x5c[0];
        let at = der.windows(first.len()).position(|window| window == first);
        let at = at.expect("the extension");
        der[at..at + first.len()].copy_from_slice(&by);
        cases.statement(scene, CODE, rule, packed);
    };
    let spoil = |at: usize, byte: u8| {
        let mut by = first.clone();
        by[at] = byte;
        by
    };
    replaced("an extension is a set", spoil(0, 0x31));
    replaced("an extension has no name", spoil(2, 0x05));
    replaced("an extension is critical and not", spoil(9, 0x01));
    replaced("an extension's value is a bit string", spoil(10, 0x03));
    replaced("an extension ends within its value", spoil(11, 0x03));
}

/// Parts that are missing, too many or of another kind, all lengths around them right.
fn structure(cases: &mut Cases, scene: &Scene) {
    // The certificate's parts: what is signed, the algorithm, the signature. Of what is signed: version,
    // serial number, algorithm, issuer, validity, subject, public key, extensions.
    const WHOLE: &[usize] = &[];
    const SIGNED: &[usize] = &[0];
    const VALIDITY: &[usize] = &[0, 4];
    const SUBJECT: &[usize] = &[0, 5];
    const SET: &[usize] = &[0, 5, 0];
    const ATTRIBUTE: &[usize] = &[0, 5, 0, 0];
    const PUBLIC_KEY: &[usize] = &[0, 6];
    const CURVE: &[usize] = &[0, 6, 0];
    const EXTENSIONS: &[usize] = &[0, 7];
    // One that nothing looks into.
    const KEY_IDENTIFIER: &[usize] = &[0, 7, 0, 2];
    type Elements = Vec<Vec<u8>>;
    let mut edited = |rule: &str, path: &[usize], change: &dyn Fn(&mut Elements)| {
        let mut packed = scene.packed(|_| ());
        packed.x5c[0] = der::edit(&packed.x5c[0], path, change);
        cases.statement(scene, CODE, &format!("the certificate has {rule}"), packed);
    };
    let more = |elements: &mut Elements| elements.push(der::null());
    let fewer = |elements: &mut Elements| elements.truncate(elements.len() - 1);
    edited("a fourth part", WHOLE, &more);
    edited("two parts", WHOLE, &fewer);
    edited("something after its extensions", SIGNED, &more);
    edited("no serial number", SIGNED, &|elements| {
        drop(elements.remove(1));
    });
    edited("no validity", SIGNED, &|elements| drop(elements.remove(4)));
    edited("a third time", VALIDITY, &more);
    edited("one time", VALIDITY, &fewer);
    edited("a time that is a text", VALIDITY, &|elements| {
        elements[1] = der::utf8("20300101000000Z");
    });
    edited("a name that is a set", SIGNED, &|elements| {
        elements[5][0] = 0x31;
    });
    edited("a name of sequences", SUBJECT, &|elements| {
        elements[0][0] = 0x30;
    });
    edited("a name with null in it", SUBJECT, &more);
    edited("an attribute that is a set", SET, &|elements| {
        elements[0][0] = 0x31;
    });
    edited("an attribute with a third part", ATTRIBUTE, &more);
    edited("an attribute without a value", ATTRIBUTE, &fewer);
    edited(
        "an attribute whose type is a text",
        ATTRIBUTE,
        &|elements| elements[0] = der::utf8("CN"),
    );
    edited("a third part of its public key", PUBLIC_KEY, &more);
    edited("something after the curve", CURVE, &more);
    edited("something after the list of extensions", EXTENSIONS, &more);
    edited("an extension with a fourth part", KEY_IDENTIFIER, &more);
    edited("an extension without a value", KEY_IDENTIFIER, &fewer);
}
