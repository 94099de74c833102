//! An explained dump of any artefact of WebAuthn: what it is, and what each of its bytes means.
//!
//! [`inspect`] guesses what was pasted (JSON, lines of it, base64url, base64, hex, PEM, a token, bytes,
//! or a log line that holds one of these), decodes it in place and walks it. A [`Visitor`] receives every
//! structure and field with its offset, length, value and meaning; malformed input is explained up to the
//! byte where it breaks. [`TextWriter`] and [`JsonWriter`] are the two visitors of the command line;
//! the page shows the JSON tree.
//!
//! Offsets count from the start of the artefact that holds the field, decoded: an attestation
//! object inside a JSON response counts from its own first byte.

mod attestation_object;
mod authenticator_data;
mod authenticators;
mod cbor;
mod certificate;
mod cose;
mod curve;
mod der;
mod document;
mod dump;
mod guess;
mod json_document;
mod names;
mod output;
mod part;
mod place;
mod printed;
mod statement;
mod tpm;

pub use authenticators::product;
pub use dump::{Artefact, Break, Encoding, Field, Guess, Value, Visitor};
pub use output::{JsonWriter, TextWriter};

/// Explains what `input` holds. It is decoded in place: its content is unspecified afterwards.
pub fn inspect(input: &mut [u8], visitor: &mut dyn Visitor) {
    let guess = guess::guess(input);
    visitor.guessed(&guess);
    let Some(bytes) = input.get_mut(guess.span.range()) else {
        return;
    };
    match (guess.encoding, guess.artefact) {
        (Encoding::CompactJws, _) => json_document::explain_token(bytes, visitor),
        (Encoding::Pem, _) => explain_pem(bytes, visitor),
        (Encoding::JsonLines, _) => explain_lines(bytes, visitor),
        (Encoding::Json | Encoding::JsonString, _)
        | (
            _,
            Artefact::ClientData
            | Artefact::Json
            | Artefact::RegistrationResponse
            | Artefact::AuthenticationResponse
            | Artefact::Check
            | Artefact::Verdict
            | Artefact::CreationOptions
            | Artefact::RequestOptions,
        ) => document::explain(guess.artefact, bytes, visitor),
        (_, artefact) => document::explain_bytes(artefact, bytes, visitor),
    }
}

/// Explains each block of a PEM file.
fn explain_pem(text: &mut [u8], visitor: &mut dyn Visitor) {
    let mut from = 0;
    while let Some(block) = guess::next_pem_block(text, from) {
        let bytes = block.decoded.and_then(|decoded| decoded.of(text));
        part::explain(block.artefact, bytes.unwrap_or_default(), visitor);
        from = block.end;
    }
}

/// Explains documents, one a line.
fn explain_lines(text: &mut [u8], visitor: &mut dyn Visitor) {
    for line in text.split_mut(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() {
            let artefact = guess::document(line).unwrap_or(Artefact::Json);
            document::explain(artefact, line, visitor);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::{JsonWriter, TextWriter, inspect};

    fn text(input: &[u8]) -> String {
        let mut writer = TextWriter::new(String::new());
        inspect(&mut input.to_vec(), &mut writer);
        writer.finish().unwrap()
    }

    fn json(input: &[u8]) -> String {
        let mut writer = JsonWriter::new(String::new());
        inspect(&mut input.to_vec(), &mut writer);
        writer.finish().unwrap()
    }

    /// An ES256 key whose x is a byte short and whose algorithm is a text.
    const FAULTY_KEY: &str = "a50102036545533235362001215801aa225820\
        930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220";

    fn authenticator_data() -> Vec<u8> {
        let mut bytes = Vec::from([0xbf; 32]);
        bytes.extend([0x05, 0, 0, 0, 7]);
        bytes
    }

    #[test]
    fn both_faults_of_a_key_are_told_and_the_rest_is_explained() {
        let text = text(FAULTY_KEY.as_bytes());
        assert!(
            text.starts_with("taken for: COSE key in hexadecimal\n"),
            "{text}"
        );
        assert!(
            text.contains("!! is a text; WebAuthn's COSE keys have none"),
            "{text}"
        );
        assert!(
            text.contains("!! does not have the length of the curve's coordinates"),
            "{text}"
        );
        assert!(text.contains("the y-coordinate"), "{text}");
    }

    #[test]
    fn authenticator_data_are_explained_up_to_the_byte_where_they_are_cut() {
        let whole = authenticator_data();
        assert!(
            text(&whole).contains("    33      4    signCount: 7"),
            "{}",
            text(&whole)
        );
        let cut = text(&whole[..35]);
        assert!(cut.contains("UV: true"), "{cut}");
        assert!(
            cut.contains("    33           !! breaks here: signCount (4 bytes) ends too early"),
            "{cut}"
        );
    }

    #[test]
    fn what_was_pasted_is_found_in_any_of_its_forms() {
        let word: String = crate::encoding::base64url::characters(&authenticator_data())
            .map(char::from)
            .collect();
        for (input, taken_for) in [
            (word.clone(), "authenticator data in base64url"),
            (format!("{word}=="), "authenticator data in base64url"),
            (format!(" \"{word}\",\n"), "authenticator data in base64url"),
            (
                format!("12:00 host[7]: refused data={word} (again)"),
                "authenticator data in base64url, found within other text",
            ),
            (
                format!("WARN {{\"authenticatorData\":\"{word}\"}} 1"),
                "JSON document in JSON, found within other text",
            ),
        ] {
            let text = text(input.as_bytes());
            assert!(
                text.starts_with(&format!("taken for: {taken_for}")),
                "{text}"
            );
            assert!(text.contains("signCount: 7"), "{text}");
        }
    }

    /// Whatever comes in, the JSON that comes out is one document.
    #[test]
    fn the_dump_is_always_json() {
        let mut inputs = Vec::from([
            Vec::new(),
            Vec::from(*b"{"),
            Vec::from(*b"{\"a\":{\"b\":[1]}}"),
        ]);
        let whole = authenticator_data();
        inputs.extend((0..=whole.len()).map(|end| whole[..end].to_vec()));
        inputs.extend((0..=255).map(|byte| {
            FAULTY_KEY
                .replace("a501", &format!("{byte:02x}01"))
                .into_bytes()
        }));
        let many = String::from("{") + &"\"b\":{\"c\":{\"d\":0}},".repeat(60) + "\"e\":{\"f\":1}}";
        inputs.push(many.into_bytes());
        for input in inputs {
            let json = json(&input);
            assert!(
                crate::encoding::json::Value::parse(json.as_bytes(), crate::encoding::What::Json)
                    .is_ok(),
                "{input:02x?}: {json}"
            );
        }
    }
}
