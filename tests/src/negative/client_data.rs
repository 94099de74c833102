//! `clientDataJSON` as text, as JSON, and what it says of type, challenge and frame: 7.1.5 to 7.1.8,
//! 7.1.10 and 7.1.11, with their like in 7.2.

use serde_json::{Value, json};

use super::{
    Cases, Steps, TOP_ORIGIN, assertion, assertion_check, registration, registration_check,
};
use crate::{
    client_data::ClientData,
    encoding::base64url,
    scene::{CHALLENGE, ORIGIN},
};

const MALFORMED: &str = "client_data_malformed";

const UTF_8: Steps = (5, 8);
const JSON: Steps = (6, 9);
const TYPE: Steps = (7, 10);
const CHALLENGES: Steps = (8, 11);
const CROSS_ORIGIN: Steps = (10, 13);
const TOP_ORIGINS: Steps = (11, 14);

pub(super) fn write(cases: &mut Cases) {
    in_base64url(cases);
    in_utf_8(cases);
    in_json(cases);
    said_twice(cases);
    ty(cases);
    challenge(cases);
    cross_origin(cases);
    top_origin(cases);
    as_a_browser_writes(cases);
}

/// Registrations decode their client data at the step that reads them, sign-ins before all others.
fn in_base64url(cases: &mut Cases) {
    let mut spoiled = |rule: &str, spoil: fn(&str) -> String| {
        cases.checks((5, 7), MALFORMED, rule, |check| {
            let text = &mut check["response"]["response"]["clientDataJSON"];
            *text = json!(spoil(text.as_str().expect("a text")));
        });
    };
    spoiled("the client data are padded", |text| format!("{text}=="));
    spoiled("the client data have a blank within", |text| {
        format!("{} {}", &text[..8], &text[8..])
    });
    spoiled("the client data end in a line end", |text| {
        format!("{text}\n")
    });
    spoiled("the client data have a length of no bytes", |text| {
        format!("{}A", &text[..text.len() / 4 * 4])
    });
    spoiled("the client data are in the alphabet of base64", |text| {
        format!("+{}", &text[1..])
    });
    // Two digits for one byte, of which the second has four bits to spare.
    spoiled("spare bits of the client data's text are set", |text| {
        format!("{}fR", &text[..text.len() / 4 * 4 - 4])
    });
}

/// The client data with these bytes in a text of theirs that nothing looks at.
fn holding(data: &mut ClientData, bytes: &[u8]) {
    let text = data.bytes();
    let (end, beginning) = text.split_last().expect("a brace");
    data.raw([beginning, br#","extra":""#, bytes, b"\"", &[*end]].concat());
}

fn in_utf_8(cases: &mut Cases) {
    for (rule, bytes) in [
        ("a byte that UTF-8 has not", &b"\xff"[..]),
        ("a continuation byte without a beginning", b"\x80"),
        ("a sequence that is cut short", b"\xc3"),
        ("a slash in two bytes", b"\xc0\xaf"),
        ("a surrogate in UTF-8", b"\xed\xa0\x80"),
        ("a code point beyond the last", b"\xf4\x90\x80\x80"),
    ] {
        cases.client_data(UTF_8, MALFORMED, rule, |data| holding(data, bytes));
    }
    cases.client_data(UTF_8, MALFORMED, "text in UTF-16", |data| {
        let text = String::from_utf8(data.bytes()).expect("a text");
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        data.raw([0xfe, 0xff].into_iter().chain(units).collect::<Vec<u8>>());
    });
}

fn in_json(cases: &mut Cases) {
    for (rule, text) in [
        ("nothing", ""),
        ("a blank", " "),
        ("a list", "[]"),
        ("null", "null"),
        ("a number", "1"),
        ("a text", r#""webauthn.get""#),
    ] {
        let rule = format!("the client data are {rule}");
        cases.client_data(JSON, MALFORMED, &rule, |data| {
            data.raw(text);
        });
    }
    for (rule, bytes) in [
        ("a line end", &b"\n"[..]),
        ("a null character", b"\0"),
        ("an escape that JSON has not", br"\x41"),
        ("an escape that is cut short", br"\u00e"),
        ("a high surrogate alone", br"\ud800"),
        ("a low surrogate alone", br"\udc00"),
        ("two high surrogates", br"\ud800\ud800"),
    ] {
        let rule = format!("a text of the client data holds {rule}");
        cases.client_data(JSON, MALFORMED, &rule, |data| holding(data, bytes));
    }
    let mut spelled = |rule: &str, spell: fn(String) -> String| {
        cases.client_data(JSON, MALFORMED, rule, |data| {
            let text = String::from_utf8(data.bytes()).expect("a text");
            data.raw(spell(text));
        });
    };
    spelled("the brace at the end is missing", |text| {
        text[..text.len() - 1].to_owned()
    });
    spelled("another object follows", |text| format!("{text}{{}}"));
    spelled("a brace too many", |text| format!("{text}}}"));
    spelled("a null character follows", |text| format!("{text}\0"));
    spelled("a comma before the end", |text| text.replace('}', ",}"));
    spelled("a comma before the beginning", |text| {
        text.replace('{', "{,")
    });
    spelled("a comma is missing", |text| text.replacen(",\"", "\"", 1));
    spelled("a colon is missing", |text| text.replacen(':', " ", 1));
    spelled("names in single quotes", |text| text.replace('"', "'"));
    spelled("a name without quotes", |text| {
        text.replacen("\"type\"", "type", 1)
    });
    spelled("a comment", |text| text.replacen('{', "{/**/", 1));
    spelled("a form feed as white space", |text| {
        text.replacen('{', "{\u{c}", 1)
    });
    spelled("a no-break space as white space", |text| {
        text.replacen('{', "{\u{a0}", 1)
    });
    spelled("two byte order marks", |text| {
        format!("\u{feff}\u{feff}{text}")
    });
    for (rule, value) in [
        ("a leading zero", "01"),
        ("a plus sign", "+1"),
        ("a point and no digits", "1."),
        ("an exponent without digits", "1e"),
        ("hexadecimal digits", "0x1"),
        ("NaN", "NaN"),
        ("True", "True"),
        ("undefined", "undefined"),
        ("nothing", ""),
    ] {
        let rule = format!("a value of the client data is written with {rule}");
        cases.client_data(JSON, MALFORMED, &rule, |data| {
            let text = String::from_utf8(data.bytes()).expect("a text");
            data.raw(text.replace('}', &format!(",\"extra\":{value}}}")));
        });
    }
    cases.client_data(JSON, MALFORMED, "lists 65 deep", |data| {
        let text = String::from_utf8(data.bytes()).expect("a text");
        let deep = ["[".repeat(64), "]".repeat(64)].concat();
        data.raw(text.replace('}', &format!(",\"extra\":{deep}}}")));
    });
}

/// A member that a ceremony judges appears once, whichever of two a parser would take.
fn said_twice(cases: &mut Cases) {
    for (name, value) in [
        ("type", json!("webauthn.get")),
        ("challenge", json!("AAAA")),
        ("origin", json!("https://evil.example")),
        ("crossOrigin", json!(false)),
        ("topOrigin", json!(ORIGIN)),
    ] {
        let rule = format!("the client data have {name} twice");
        cases.client_data(JSON, MALFORMED, &rule, |data| {
            data.duplicate(name, value.clone());
        });
    }
    cases.client_data(
        JSON,
        MALFORMED,
        "an origin by an escaped name beside the other",
        |data| {
            let text = String::from_utf8(data.bytes()).expect("a text");
            data.raw(text.replace('}', r#","\u006frigin":"https://evil.example"}"#));
        },
    );
    // Behind the beginning that the limited verification takes.
    let mut followed = |rule: &str, rest: &str| {
        cases.client_data(JSON, MALFORMED, rule, |data| {
            unframed(data);
            let text = String::from_utf8(data.bytes()).expect("a text");
            data.raw(text.replace('}', rest));
        });
    };
    followed(
        "an expected beginning, then another origin",
        r#","origin":"https://evil.example"}"#,
    );
    followed(
        "an expected beginning, then a frame",
        r#","crossOrigin":true}"#,
    );
    followed("an expected beginning, then no JSON", r#","extra":}"#);
    followed("an expected beginning, then nothing", "");
    followed("an expected beginning, then another brace", "}}");
}

fn missing_and_of_other_types(cases: &mut Cases, steps: Steps, name: &str) {
    cases.client_data(steps, MALFORMED, &format!("there is no {name}"), |data| {
        data.remove(name);
    });
    for (rule, value) in [
        ("null", json!(null)),
        ("a number", json!(1)),
        ("a list", json!([name])),
        ("an object", json!({"value": name})),
    ] {
        cases.client_data(steps, MALFORMED, &format!("the {name} is {rule}"), |data| {
            data.set(name, value.clone());
        });
    }
}

fn ty(cases: &mut Cases) {
    missing_and_of_other_types(cases, TYPE, "type");
    const CODE: &str = "type_mismatch";
    cases.registration(7, CODE, "the type is a sign-in's", |made| {
        made.client_data.set("type", "webauthn.get");
    });
    cases.assertion(10, CODE, "the type is a registration's", |made| {
        made.client_data.set("type", "webauthn.create");
    });
    for (rule, ty) in [
        ("a payment's", "payment.get"),
        ("U2F's", "navigator.id.getAssertion"),
        ("empty", ""),
        ("in capitals", "WEBAUTHN.GET"),
        ("followed by a blank", "webauthn.get "),
    ] {
        cases.client_data(TYPE, CODE, &format!("the type is {rule}"), |data| {
            data.set("type", ty);
        });
    }
}

fn challenge(cases: &mut Cases) {
    missing_and_of_other_types(cases, CHALLENGES, "challenge");
    let text = base64url(CHALLENGE);
    let swapped: String = text
        .chars()
        .map(|c| {
            if c.is_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    for (rule, challenge) in [
        ("another", base64url(&[7; 32])),
        ("empty", String::new()),
        (
            "the beginning of the one issued",
            base64url(&CHALLENGE[..16]),
        ),
        (
            "longer than the one issued",
            base64url(&[CHALLENGE, &[0]].concat()),
        ),
        ("padded", format!("{text}=")),
        ("in the other case", swapped),
        ("followed by a blank", format!("{text} ")),
        ("encoded twice", base64url(text.as_bytes())),
        (
            "not encoded",
            String::from_utf8_lossy(CHALLENGE).into_owned(),
        ),
    ] {
        let rule = format!("the challenge is {rule}");
        cases.client_data(CHALLENGES, "challenge_mismatch", &rule, |data| {
            data.set("challenge", challenge.clone());
        });
    }
}

fn cross_origin(cases: &mut Cases) {
    for (rule, value) in [
        ("a text", json!("true")),
        ("a number", json!(1)),
        ("null", json!(null)),
        ("a list", json!([])),
    ] {
        let rule = format!("crossOrigin is {rule}");
        cases.client_data(CROSS_ORIGIN, MALFORMED, &rule, |data| {
            data.set("crossOrigin", value.clone());
        });
    }
    for (rule, wish) in [("refused", json!(false)), ("not named", Value::Null)] {
        let rule = format!("a frame of another origin where that is {rule}");
        cases.checks(CROSS_ORIGIN, "cross_origin_unexpected", &rule, |check| {
            unframe(check, &wish);
        });
    }
}

/// The check with this wish for frames, or none.
fn unframe(check: &mut Value, wish: &Value) {
    let members = check.as_object_mut().expect("a check");
    members.remove("topOrigins");
    members.remove("crossOrigin");
    if !wish.is_null() {
        members.insert("crossOrigin".into(), wish.clone());
    }
}

fn top_origin(cases: &mut Cases) {
    for (rule, value) in [
        ("null", json!(null)),
        ("a truth value", json!(true)),
        ("a list", json!([TOP_ORIGIN])),
    ] {
        let rule = format!("topOrigin is {rule}");
        cases.client_data(TOP_ORIGINS, MALFORMED, &rule, |data| {
            data.set("topOrigin", value.clone());
        });
    }
    for (rule, value) in [
        ("the page's own", ORIGIN),
        ("one without TLS", "http://embedder.example"),
        ("one below the expected", "https://a.embedder.example"),
        ("one with a port", "https://embedder.example:8443"),
        ("one with a slash", "https://embedder.example/"),
        ("opaque", "null"),
        ("empty", ""),
    ] {
        let rule = format!("the embedding page's origin is {rule}");
        cases.client_data(TOP_ORIGINS, "top_origin_mismatch", &rule, |data| {
            data.set("topOrigin", value);
        });
    }
    const CODE: &str = "top_origin_unexpected";
    const RULE: &str = "an embedding page is named and no frame is expected";
    let unframed = |data: &mut ClientData| {
        data.remove("crossOrigin");
    };
    cases.registration_and_check(
        11,
        CODE,
        RULE,
        |made| unframed(&mut made.client_data),
        |check| {
            unframe(check, &json!(false));
        },
    );
    cases.assertion_and_check(
        14,
        CODE,
        RULE,
        |made| unframed(&mut made.client_data),
        |check| {
            unframe(check, &json!(false));
        },
    );
}

/// The ceremonies of a page of its own.
pub(super) fn unbroken() -> Vec<Value> {
    let mut registration = registration();
    unframed(&mut registration.client_data);
    let (mut assertion, record) = assertion();
    unframed(&mut assertion.client_data);
    vec![
        registration_check(&registration),
        assertion_check(&assertion, &record),
    ]
}

/// The text of a page's own ceremony, which the limited verification takes but for one thing.
fn as_a_browser_writes(cases: &mut Cases) {
    let mut spelled = |steps, code, rule: &str, name: &str, value: Value| {
        cases.client_data(steps, code, &format!("in a page's own: {rule}"), |data| {
            unframed(data);
            data.set(name, value.clone());
        });
    };
    let more = format!("{}A", base64url(CHALLENGE));
    let less = base64url(&CHALLENGE[..30]);
    for (rule, challenge) in [
        ("another challenge", "AAAA"),
        ("a challenge with a digit more", &*more),
        ("a challenge of two bytes less", &*less),
    ] {
        let challenge = json!(challenge);
        spelled(
            CHALLENGES,
            "challenge_mismatch",
            rule,
            "challenge",
            challenge,
        );
    }
    for (rule, origin) in [
        ("another origin", "https://evil.example"),
        (
            "an origin with more after it",
            "https://example.org.evil.example",
        ),
        ("an origin cut short", "https://example.or"),
        ("an empty origin", ""),
    ] {
        spelled((9, 12), "origin_mismatch", rule, "origin", json!(origin));
    }
    for (rule, ty) in [
        ("another type", "payment.get"),
        ("a type with more after it", "webauthn.getx"),
        ("an empty type", ""),
    ] {
        spelled(TYPE, "type_mismatch", rule, "type", json!(ty));
    }
    // What the expected beginning ends with, and not what comes before it.
    for (steps, code, name) in [
        (TYPE, "type_mismatch", "type"),
        (CHALLENGES, "challenge_mismatch", "challenge"),
    ] {
        let rule = format!("in a page's own: the origin in place of the {name}");
        cases.client_data(steps, code, &rule, |data| {
            unframed(data);
            data.set(name, ORIGIN).remove("origin");
            if name == "type" {
                data.remove("challenge");
            }
        });
    }
    for (rule, spelling) in [
        ("crossOrigin is falsehood", "falsehood"),
        ("crossOrigin is fals", "fals"),
        ("crossOrigin is in capitals", "FALSE"),
    ] {
        cases.client_data(
            JSON,
            MALFORMED,
            &format!("in a page's own: {rule}"),
            |data| {
                unframed(data);
                let text = String::from_utf8(data.bytes()).expect("a text");
                data.raw(text.replace("false", spelling));
            },
        );
    }
    cases.client_data(
        CROSS_ORIGIN,
        MALFORMED,
        "in a page's own: crossOrigin is 0",
        |data| {
            unframed(data);
            data.set("crossOrigin", 0);
        },
    );
    cases.client_data(
        TOP_ORIGINS,
        "top_origin_mismatch",
        "in a page's own: an embedding page after the expected beginning",
        |data| {
            unframed(data);
            data.set("topOrigin", "https://evil.example");
        },
    );
}

/// As of a page that no frame is involved in.
fn unframed(data: &mut ClientData) {
    data.set("crossOrigin", false).remove("topOrigin");
}
