//! The door as a client of its own: CTAP's messages to an authenticator, so that a passkey can be made and
//! used without a browser (CTAP 2.2, sections 6.1, 6.2 and 8).

use core::fmt::Write as _;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use heapless::{String, Vec};
use minicbor::data::Type;
use minicbor::encode::write::{Cursor, EndOfSlice};
use minicbor::{Decoder, Encoder};
use portcullis_core::CoseAlgorithm;

/// Longest client data: origins of a door are short.
const CLIENT_DATA_MAX: usize = 256;

/// Longest request: some credential ids.
const REQUEST_MAX: usize = 1024;

/// Longest attestation object that a response is made into.
const ATTESTATION_MAX: usize = 2048;

/// What a client writes, in the order that it has to write it in (WebAuthn section 5.8.1.1).
pub(crate) type ClientData = String<CLIENT_DATA_MAX>;

/// A command byte and its parameters.
pub(crate) type Request = Vec<u8, REQUEST_MAX>;

/// An attestation object with the names that WebAuthn gives CTAP's numbers.
pub(crate) type AttestationObject = Vec<u8, ATTESTATION_MAX>;

/// The client data of a ceremony; nothing where they are too long.
pub(crate) fn client_data(ty: &str, challenge: &[u8; 32], origin: &str) -> Option<ClientData> {
    let mut encoded = [0; 43];
    let challenge = Base64UrlUnpadded::encode(challenge, &mut encoded).ok()?;
    let mut text = ClientData::new();
    write!(
        text,
        r#"{{"type":"{ty}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
    )
    .ok()?;
    Some(text)
}

type Written = Result<(), minicbor::encode::Error<EndOfSlice>>;
type Writer<'a, 'b> = Encoder<&'a mut Cursor<&'b mut [u8]>>;

/// What the function writes, in so many bytes at most.
fn written<const N: usize>(
    write: impl FnOnce(&mut Writer<'_, '_>) -> Written,
) -> Option<Vec<u8, N>> {
    let mut buffer = [0; N];
    let mut cursor = Cursor::new(&mut buffer[..]);
    write(&mut Encoder::new(&mut cursor)).ok()?;
    let length = cursor.position();
    Vec::from_slice(buffer.get(..length)?).ok()
}

fn request(
    command: u8,
    parameters: impl FnOnce(&mut Writer<'_, '_>) -> Written,
) -> Option<Request> {
    let parameters: Request = written(parameters)?;
    let mut request = Request::new();
    request.push(command).ok()?;
    request.extend_from_slice(&parameters).ok()?;
    Some(request)
}

fn credentials<'i>(
    writer: &mut Writer<'_, '_>,
    ids: impl Iterator<Item = &'i [u8]> + Clone,
) -> Written {
    let count = ids.clone().map(|_| 1_u64).sum();
    writer.array(count)?;
    for id in ids {
        writer
            .map(2)?
            .str("id")?
            .bytes(id)?
            .str("type")?
            .str("public-key")?;
    }
    Ok(())
}

/// `authenticatorMakeCredential` for an ES256 key, with user verification.
pub(crate) fn make_credential<'i>(
    hash: &[u8; 32],
    rp_id: &str,
    user: &[u8],
    known: impl Iterator<Item = &'i [u8]> + Clone,
) -> Option<Request> {
    request(1, |writer| {
        writer.map(6)?.u8(1)?.bytes(hash)?;
        writer
            .u8(2)?
            .map(2)?
            .str("id")?
            .str(rp_id)?
            .str("name")?
            .str(rp_id)?;
        writer
            .u8(3)?
            .map(2)?
            .str("id")?
            .bytes(user)?
            .str("name")?
            .str("door")?;
        writer.u8(4)?.array(1)?.map(2)?;
        writer.str("alg")?.i32(CoseAlgorithm::ES256.value())?;
        writer.str("type")?.str("public-key")?;
        credentials(writer.u8(5)?, known)?;
        writer.u8(7)?.map(1)?.str("uv")?.bool(true)?;
        Ok(())
    })
}

/// `authenticatorGetAssertion` by any of these credentials, with user verification.
pub(crate) fn get_assertion<'i>(
    hash: &[u8; 32],
    rp_id: &str,
    known: impl Iterator<Item = &'i [u8]> + Clone,
) -> Option<Request> {
    request(2, |writer| {
        writer.map(4)?.u8(1)?.str(rp_id)?.u8(2)?.bytes(hash)?;
        credentials(writer.u8(3)?, known)?;
        writer.u8(5)?.map(1)?.str("uv")?.bool(true)?;
        Ok(())
    })
}

/// Why a response is none.
pub(crate) enum NoResponse {
    /// It is not hexadecimal, not CBOR, lacks a member or is too long.
    Malformed,
    /// The authenticator has refused, with this status (section 8.2).
    Status(u8),
}

impl From<minicbor::decode::Error> for NoResponse {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Malformed
    }
}

/// The parameters of a response that is written in hexadecimal, decoded in place.
fn parameters(hex: &mut [u8]) -> Result<&[u8], NoResponse> {
    let digit = |character: u8| {
        char::from(character)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (pairs, odd) = hex.as_chunks::<2>();
    let length = pairs.len();
    if !odd.is_empty() {
        return Err(NoResponse::Malformed);
    }
    for index in 0..length {
        let pair = hex
            .get(2 * index..)
            .and_then(|rest| rest.first_chunk::<2>());
        let byte = pair.and_then(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
        let place = hex.get_mut(index).ok_or(NoResponse::Malformed)?;
        *place = byte.ok_or(NoResponse::Malformed)?;
    }
    match hex.get(..length) {
        Some([0, parameters @ ..]) => Ok(parameters),
        Some([status, ..]) => Err(NoResponse::Status(*status)),
        _ => Err(NoResponse::Malformed),
    }
}

/// The members of a map with small numbers as keys, each as it was encoded, up to number 3.
fn members(cbor: &[u8]) -> Result<[&[u8]; 4], NoResponse> {
    let mut decoder = Decoder::new(cbor);
    let count = decoder.map()?.ok_or(NoResponse::Malformed)?;
    let mut members = [&[][..]; 4];
    for _ in 0..count {
        let key = decoder.u8()?;
        let start = decoder.position();
        decoder.skip()?;
        let value = cbor.get(start..decoder.position());
        if let Some(place) = members.get_mut(usize::from(key)) {
            *place = value.ok_or(NoResponse::Malformed)?;
        }
    }
    Ok(members)
}

/// What an authenticator answers to `authenticatorGetAssertion`.
pub(crate) struct Assertion<'a> {
    /// Absent where there was only one to choose from.
    pub(crate) id: Option<&'a [u8]>,
    pub(crate) authenticator_data: &'a [u8],
    pub(crate) signature: &'a [u8],
}

impl<'a> Assertion<'a> {
    pub(crate) fn from_hex(hex: &'a mut [u8]) -> Result<Self, NoResponse> {
        let [_, credential, authenticator_data, signature] = members(parameters(hex)?)?;
        Ok(Self {
            id: if credential.is_empty() {
                None
            } else {
                Some(credential_id(credential)?)
            },
            authenticator_data: Decoder::new(authenticator_data).bytes()?,
            signature: Decoder::new(signature).bytes()?,
        })
    }
}

/// The id in a credential descriptor.
fn credential_id(descriptor: &[u8]) -> Result<&[u8], NoResponse> {
    let mut decoder = Decoder::new(descriptor);
    for _ in 0..decoder.map()?.ok_or(NoResponse::Malformed)? {
        if decoder.datatype()? == Type::String && decoder.str()? == "id" {
            return Ok(decoder.bytes()?);
        }
        decoder.skip()?;
    }
    Err(NoResponse::Malformed)
}

/// What an authenticator answers to `authenticatorMakeCredential`.
pub(crate) struct Attestation<'a> {
    pub(crate) authenticator_data: &'a [u8],
    pub(crate) object: AttestationObject,
}

impl<'a> Attestation<'a> {
    pub(crate) fn from_hex(hex: &'a mut [u8]) -> Result<Self, NoResponse> {
        let [_, format, authenticator_data, statement] = members(parameters(hex)?)?;
        let mut object = AttestationObject::new();
        let parts: [&[u8]; 7] = [
            b"\xa3\x63fmt",
            format,
            b"\x67attStmt",
            statement,
            b"\x68authData",
            authenticator_data,
            b"",
        ];
        for part in parts {
            object
                .extend_from_slice(part)
                .map_err(|_| NoResponse::Malformed)?;
        }
        Ok(Self {
            authenticator_data: Decoder::new(authenticator_data).bytes()?,
            object,
        })
    }
}
