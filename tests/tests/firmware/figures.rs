//! What the core costs: flash, static memory, stack and instructions of each measured image, held
//! against the reviewed figures in `tests/expected`. `PORTCULLIS_EXPECTED=rewrite` writes them anew.

use core::fmt::Write as _;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use num_bigint::BigUint;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};
use portcullis_tests::{
    corpora, der,
    encoding::sha256,
    keys::{CredentialKey, Ed25519},
    w3c::{RECIPES, Vector},
};

use crate::toolchain::{CORTEX_M4, Clock, Images, TARGETS, Target, image, read, run};

/// The images, by their names without `measure_`.
const IMAGES: [&str; 11] = [
    "nothing",
    "core",
    "limited",
    "sha256",
    "es256_limited",
    "es256_small",
    "es256",
    "rs256",
    "es256_rs256",
    "eddsa",
    "registration",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Figures {
    text: u64,
    rodata: u64,
    ram: u64,
    stack: u64,
    instructions: u64,
}

impl Figures {
    fn flash(&self) -> u64 {
        self.text + self.rodata
    }
}

/// Everything about one target, with the compiler that it holds for.
#[derive(Debug, PartialEq, Eq)]
struct Table {
    compiler: String,
    rows: BTreeMap<String, Figures>,
}

const HEADER: &str = "image text rodata static stack instructions";

impl Table {
    fn measure(target: &'static Target) -> Self {
        let mut compiler = String::new();
        let mut rows = BTreeMap::new();
        for name in IMAGES {
            let path = image(target, Images::Measured, &format!("measure_{name}"));
            let bytes = read(&path);
            let elf = object::File::parse(&*bytes).expect("an image is an ELF file");
            let size = |names: &[&str]| -> u64 {
                elf.sections()
                    .filter(|section| {
                        let found = section.name().expect("a section has a name");
                        names
                            .iter()
                            .any(|name| found == *name || found.starts_with(&format!("{name}.")))
                    })
                    .map(|section| section.size())
                    .sum()
            };
            if name == "es256_small" {
                assert_never_panics(&elf, target);
            }
            let comment = elf
                .section_by_name(".comment")
                .expect("the compiler is named");
            let comment = comment.data().expect("the section can be read");
            compiler = comment
                .split(|byte| *byte == 0)
                .map(String::from_utf8_lossy)
                .find(|text| text.starts_with("rustc "))
                .expect("the compiler is named")
                .into_owned();
            let (status, output) = run(target, &path, &input(name), Clock::Counting);
            let output = String::from_utf8(output).expect("figures are text");
            assert!(status.success(), "{name} on {}: {output}", target.triple);
            let printed = |what: &str| -> u64 {
                output
                    .lines()
                    .find_map(|line| line.strip_prefix(what))
                    .and_then(|number| number.trim().parse().ok())
                    .unwrap_or_else(|| panic!("{name} prints no {what}: {output}"))
            };
            let figures = Figures {
                text: size(&[".vector_table", ".init", ".text", ".trap"]) - padding(&elf),
                rodata: size(&[".rodata"]),
                ram: size(&[".data", ".bss", ".uninit"]),
                stack: printed("stack"),
                instructions: printed("instructions"),
            };
            rows.insert(name.to_owned(), figures);
        }
        Self { compiler, rows }
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let compiler = lines.next()?.to_owned();
        let mut rows = BTreeMap::new();
        for line in lines.skip(1) {
            let mut words = line.split_whitespace();
            let name = words.next()?.to_owned();
            let mut number = || words.next()?.parse().ok();
            let figures = Figures {
                text: number()?,
                rodata: number()?,
                ram: number()?,
                stack: number()?,
                instructions: number()?,
            };
            rows.insert(name, figures);
        }
        Some(Self { compiler, rows })
    }

    fn write(&self) -> String {
        let mut text = format!("{}\n", self.compiler);
        let mut line = |cells: [&str; 6]| {
            let [name, rest @ ..] = cells;
            write!(text, "{name:<13}").expect("a String takes all");
            for cell in rest {
                write!(text, "{cell:>13}").expect("a String takes all");
            }
            text.push('\n');
        };
        let mut header = HEADER.split(' ');
        line([(); 6].map(|()| header.next().expect("six columns")));
        for name in IMAGES {
            let row = self.rows[name];
            let numbers = [row.text, row.rodata, row.ram, row.stack, row.instructions]
                .map(|number| number.to_string());
            let [a, b, c, d, e] = &numbers;
            line([name, a, b, c, d, e]);
        }
        text
    }

    /// The flash that this image takes beyond the frame that all have.
    fn flash_beyond(&self, name: &str, base: &str) -> u64 {
        self.rows[name].flash() - self.rows[base].flash()
    }
}

/// The bytes that only align the function after them.
///
/// The order of functions follows their mangled names, these hold a hash of where the core's checkout
/// lies, and so it is another in each checkout. What the functions themselves take is the same in all.
fn padding(elf: &object::File<'_>) -> u64 {
    /// No function asks for more.
    const ALIGNMENT: u64 = 16;
    let mut functions: Vec<(u64, u64)> = elf
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0)
        // A Thumb function's address is odd.
        .map(|symbol| (symbol.address() & !1, symbol.size()))
        .collect();
    functions.sort_unstable();
    functions
        .windows(2)
        .filter_map(|pair| match pair {
            [(start, size), (next, _)] => next.checked_sub(start + size),
            _ => None,
        })
        .filter(|gap| *gap < ALIGNMENT)
        .sum()
}

/// Nothing in this image calls the panic handler, which would otherwise be in it.
fn assert_never_panics(elf: &object::File<'_>, target: &Target) {
    let found: Vec<&str> = elf
        .symbols()
        .filter_map(|symbol| symbol.name().ok())
        .filter(|name| name.contains("panic"))
        .collect();
    assert!(found.is_empty(), "{}: {found:?}", target.triple);
}

/// The fields that an image reads, each after its length.
pub(crate) fn fields(fields: &[&[u8]]) -> Vec<u8> {
    let mut input = Vec::new();
    for field in fields {
        let length = u16::try_from(field.len()).expect("a field is short");
        input.extend_from_slice(&length.to_be_bytes());
        input.extend_from_slice(field);
    }
    input
}

fn vector(name: &str) -> Vector {
    RECIPES
        .iter()
        .find(|recipe| recipe.name == name)
        .expect("a published vector")
        .make()
}

/// What the image of this name reads.
pub(crate) fn input(image: &str) -> Vec<u8> {
    match image {
        "nothing" => Vec::new(),
        "registration" => {
            let vector = vector("packed-self.ES256");
            let registration = &vector.registration;
            fields(&[
                &vector.registration_challenge,
                &registration.id,
                &registration.client_data.bytes(),
                &registration.attestation_object().encode(),
            ])
        }
        _ => {
            let vector = vector("none.ES256");
            let assertion = &vector.assertion;
            let key: &dyn CredentialKey = match image {
                "rs256" | "es256_rs256" => &Rsa2048,
                "eddsa" => &Ed25519::from_secret(&[7; 32]),
                _ => &*assertion.key,
            };
            let authenticator_data = assertion.authenticator_data.encode();
            let client_data = assertion.client_data.bytes();
            let signed = [&authenticator_data[..], &sha256(&[&client_data])].concat();
            fields(&[
                &vector.authentication_challenge,
                &assertion.id,
                &key.cose_key().encode(),
                &client_data,
                &authenticator_data,
                &key.sign(&signed),
            ])
        }
    }
}

/// An RSA key of 2048 bits, whose modulus is a product of known primes: nothing is secret in a test.
#[derive(Debug)]
struct Rsa2048;

impl Rsa2048 {
    fn primes() -> [BigUint; 4] {
        [(1279_u32, 1_u8), (607, 1), (127, 1), (35, 31)]
            .map(|(bits, less)| (BigUint::from(1_u8) << bits) - BigUint::from(less))
    }

    fn modulus() -> BigUint {
        Self::primes().iter().product()
    }
}

impl CredentialKey for Rsa2048 {
    fn algorithm(&self) -> i64 {
        -257
    }

    fn cose_key(&self) -> portcullis_tests::cbor::Cbor {
        use portcullis_tests::cbor::Cbor;
        Cbor::int_map([
            (1, Cbor::Int(3)),
            (3, Cbor::Int(self.algorithm())),
            (-1, Cbor::bytes(Self::modulus().to_bytes_be())),
            (-2, Cbor::bytes([1, 0, 1])),
        ])
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let one = BigUint::from(1_u8);
        let order: BigUint = Self::primes().iter().map(|prime| prime - &one).product();
        let private = BigUint::from(65537_u32)
            .modinv(&order)
            .expect("no prime is 1 modulo 65537");
        let algorithm = der::sequence(&[der::oid("2.16.840.1.101.3.4.2.1"), der::null()]);
        let info = der::sequence(&[algorithm, der::octets(&sha256(&[message]))]);
        let mut encoded = vec![0, 1];
        encoded.resize(255 - info.len(), 0xff);
        encoded.push(0);
        encoded.extend_from_slice(&info);
        let signature = BigUint::from_bytes_be(&encoded).modpow(&private, &Self::modulus());
        let bytes = signature.to_bytes_be();
        [vec![0; 256 - bytes.len()], bytes].concat()
    }
}

fn expected_path(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("expected")
        .join(format!("{}.txt", target.triple))
}

fn rewrites() -> bool {
    env::var_os("PORTCULLIS_EXPECTED").is_some_and(|what| what == "rewrite")
}

/// Holds the figures against the reviewed ones, where they are of the same compiler: another one's
/// differ, and are not wrong for that.
fn compare(target: &Target, measured: &Table) {
    let path = expected_path(target);
    if rewrites() {
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("can be written");
        fs::write(&path, measured.write()).expect("can be written");
        return;
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let expected = Table::read(&text).unwrap_or_else(|| panic!("{} is no table", path.display()));
    if expected.compiler != measured.compiler {
        corpora::report(&format!(
            "{}: figures are of {}, this is {}: not compared",
            target.triple, expected.compiler, measured.compiler
        ));
        return;
    }
    let near = |a: u64, b: u64| a.abs_diff(b) * 500 <= a.max(b);
    let same = expected.rows.len() == measured.rows.len()
        && measured.rows.iter().all(|(name, measured)| {
            expected.rows.get(name).is_some_and(|expected| {
                let instructions = expected.instructions;
                near(instructions, measured.instructions)
                    && *expected
                        == Figures {
                            instructions,
                            ..*measured
                        }
            })
        });
    assert!(
        same,
        "{} was\n{text}\nand is\n{}\nIf that is meant: PORTCULLIS_EXPECTED=rewrite",
        target.triple,
        measured.write()
    );
}

#[test]
fn the_core_costs_what_the_reviewed_figures_say() {
    for target in &TARGETS {
        let table = Table::measure(target);
        compare(target, &table);
        for (name, row) in &table.rows {
            assert_eq!(row.ram, 0, "{name} has static memory on {}", target.triple);
        }
        if target.triple == CORTEX_M4.triple {
            assert_within_budget(&table);
            compare_with_readme(&table);
        }
    }
}

const README_BEGIN: &str = "<!-- figures: made from tests/expected -->\n";
const README_END: &str = "<!-- end of figures -->\n";

/// The README's table of a Cortex-M4.
fn readme_table(table: &Table) -> String {
    let mut text = String::from(
        "| Cortex-M4 | flash, bytes | stack, bytes | instructions |\n| --- | ---: | ---: | ---: |\n",
    );
    let mut row = |what: &str, flash: u64, name: &str| {
        let Figures {
            stack,
            instructions,
            ..
        } = table.rows[name];
        writeln!(text, "| {what} | {flash} | {stack} | {instructions} |")
            .expect("a String takes all");
    };
    row(
        "core alone, one assertion",
        table.flash_beyond("core", "nothing"),
        "core",
    );
    row(
        "with `ClientDataReader::LIMITED`",
        table.flash_beyond("limited", "nothing"),
        "limited",
    );
    row(
        "with SHA-256",
        table.flash_beyond("sha256", "nothing"),
        "sha256",
    );
    row(
        "whole image, one ES256 assertion with `es256-small`",
        table.rows["es256_small"].flash(),
        "es256_small",
    );
    row(
        "the same with `ClientDataReader::LIMITED`",
        table.rows["es256_limited"].flash(),
        "es256_limited",
    );
    row(
        "whole image, one ES256 assertion with `es256`, over p256",
        table.rows["es256"].flash(),
        "es256",
    );
    row(
        "whole image, one EdDSA assertion",
        table.rows["eddsa"].flash(),
        "eddsa",
    );
    row(
        "whole image, one RS256 assertion (2048 bits)",
        table.rows["rs256"].flash(),
        "rs256",
    );
    row(
        "RS256 beside ES256",
        table.flash_beyond("es256_rs256", "es256"),
        "es256_rs256",
    );
    row(
        "whole image, one ES256 registration, self attestation",
        table.rows["registration"].flash(),
        "registration",
    );
    text
}

/// The README shows the reviewed figures, of whatever compiler they are.
fn compare_with_readme(measured: &Table) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(&path).expect("there is a README");
    let (before, rest) = readme
        .split_once(README_BEGIN)
        .expect("the README has the table");
    let (shown, after) = rest.split_once(README_END).expect("the table ends");
    if rewrites() {
        let text = [
            before,
            README_BEGIN,
            &readme_table(measured),
            README_END,
            after,
        ]
        .concat();
        fs::write(&path, text).expect("can be written");
        return;
    }
    let reviewed = fs::read_to_string(expected_path(&CORTEX_M4)).expect("there are figures");
    let reviewed = Table::read(&reviewed).expect("a table");
    assert_eq!(
        shown,
        readme_table(&reviewed),
        "PORTCULLIS_EXPECTED=rewrite updates the README"
    );
}

/// What a Cortex-M4 has to spare.
fn assert_within_budget(table: &Table) {
    let within = |what: &str, figure: u64, most: u64| {
        assert!(figure <= most, "{what}: {figure}, at most {most}");
    };
    let core = table.rows["core"];
    within("core alone: instructions", core.instructions, 6_000);
    within("core alone: stack", core.stack, 1_152);
    within(
        "core with the limited reader: flash",
        table.flash_beyond("limited", "nothing"),
        12 * 1024,
    );
    within(
        "RS256 beside ES256: flash",
        table.flash_beyond("es256_rs256", "es256"),
        14 * 1024,
    );
    let rs256 = table.rows["rs256"];
    within("RS256 assertion: stack", rs256.stack, 12 * 1024);
    within(
        "RS256 assertion: instructions",
        rs256.instructions,
        2_400_000,
    );
    within(
        "es256-small beside SHA-256: flash",
        table.flash_beyond("es256_small", "sha256"),
        7 * 1024,
    );
    let small = table.rows["es256_small"];
    within("es256-small: memory", small.stack + small.ram, 4 * 1024);
    within("es256-small: instructions", small.instructions, 2_000_000);
    let es256 = table.rows["es256"];
    within("ES256 assertion: memory", es256.stack + es256.ram, 8 * 1024);
    within(
        "ES256 assertion: instructions",
        es256.instructions,
        7_000_000,
    );
}
