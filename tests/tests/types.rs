//! The page's scripts and the types of `portcullis.js`, held against each other by TypeScript's compiler.

use std::{fs, path::Path, process::Command};

use portcullis_tests::{corpora, npm};
use serde_json::{Value, json};

/// A program of another site that uses the module: what it may do, and what it may not.
const CONSUMER: &str = r#"
import {
  autofill, CeremonyError, credentials, loginToken, PortcullisError, Problem, register, signIn, signOut,
} from "JS/portcullis.js";

export async function enter(name: string): Promise<string | null> {
  const controller = new AbortController();
  try {
    const { answer } = await register(name, { displayName: "Alice", signal: controller.signal });
    const username: string = answer.username;
    const products: (string | null)[] = (await credentials()).map(({ product }) => product);
    await signOut();
    const { ceremony } = await signIn();
    if (ceremony.kind === "authentication") ceremony.response.response.signature satisfies string;
    await signIn(username, { onPrompt: () => console.log(products) });
    const { stop } = autofill(async (complete) => void (await complete()));
    stop();
    return loginToken();
  } catch (error) {
    if (error instanceof Problem) return error.step ?? String(error.retryAfter);
    if (error instanceof CeremonyError) return error.reason === "dismissed" ? null : error.code;
    if (error instanceof PortcullisError) return error.code;
    throw error;
  }
}

// @ts-expect-error a name is text
register(1);
// @ts-expect-error there is no such cause
export const wrong = (error: CeremonyError) => error.reason === "bored";
"#;

/// What the module exports is what its types say, in either direction.
const AGREEMENT: &str = r#"
import type * as Declared from "JS/portcullis.d.ts";
import type * as Made from "./made.d.ts";

type Exports<Module> = { [Name in keyof Module]: Module[Name] };
declare const made: Exports<typeof Made>;
declare const declared: Exports<typeof Declared>;
export const asDeclared: Exports<typeof Declared> = made;
export const asMade: Exports<typeof Made> = declared;
"#;

fn settings(more: &Value, files: &[&str]) -> String {
    let mut options = json!({
        "target": "es2023",
        "module": "esnext",
        "moduleResolution": "bundler",
        "lib": ["es2023", "dom", "dom.iterable"],
        "types": [],
        "strict": true,
        "noUncheckedIndexedAccess": true,
        "allowJs": true,
        "allowImportingTsExtensions": true,
        "noEmit": true,
    });
    for (name, value) in more.as_object().expect("options") {
        options[name] = value.clone();
    }
    json!({"compilerOptions": options, "include": files}).to_string()
}

#[test]
fn the_pages_scripts_and_the_modules_types_hold() {
    let tsc = match npm::typescript() {
        Ok(tsc) => tsc,
        Err(e) => {
            corpora::report(&format!("NOT RUN: types, for want of TypeScript: {e}"));
            return;
        }
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("types");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let js = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/js");
    let js = js.canonicalize().expect("the page's scripts");
    let js = js.to_str().expect("a path of text");
    let all = format!("{js}/*");
    let module = format!("{js}/portcullis.js");

    fs::write(folder.join("consumer.ts"), CONSUMER.replace("JS", js)).expect("a file");
    fs::write(folder.join("agreement.ts"), AGREEMENT.replace("JS", js)).expect("a file");
    let made = json!({
        "noEmit": false,
        "emitDeclarationOnly": true,
        "declaration": true,
        "rootDir": js,
        "outDir": "made",
    });
    for (name, settings) in [
        ("scripts", settings(&json!({"checkJs": true}), &[&all])),
        ("consumer", settings(&json!({}), &["consumer.ts"])),
        ("made", settings(&made, &[&module])),
        ("agreement", settings(&json!({}), &["agreement.ts"])),
    ] {
        let file = folder.join(format!("{name}.json"));
        fs::write(&file, settings).expect("a file");
        let output = Command::new(&tsc).arg("-p").arg(&file).output();
        let output = output.expect("the compiler runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}:\n{said}");
        if name == "made" {
            // It names the types as its neighbour, and is itself called so now.
            let made = fs::read_to_string(folder.join("made/portcullis.d.ts")).expect("a file");
            let made = made.replace("./portcullis.d.ts", &format!("{js}/portcullis.d.ts"));
            fs::write(folder.join("made.d.ts"), made).expect("a file");
        }
    }
}
