//! A real `SoftHSM2`, with a token folder of this process's own.
//!
//! A PKCS #11 library is one for the whole process, so one test at a time has it.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    session::Session,
};

/// The PIN of every token.
pub const PIN: &str = "the user's PIN";

/// Where packages put the library.
const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// The PKCS #11 library.
///
/// # Panics
///
/// When `SoftHSM2` is not installed.
#[must_use]
pub fn module() -> &'static Path {
    let found = MODULES.iter().map(Path::new).find(|path| path.exists());
    found.expect("SoftHSM2 is missing: ./portcullis test installs it")
}

/// `CKF_USER_PIN_COUNT_LOW`, `CKF_USER_PIN_FINAL_TRY` and `CKF_USER_PIN_LOCKED`, for [`Shim::add_flags`].
pub const PIN_FLAGS: [u64; 3] = [0x1_0000, 0x2_0000, 0x4_0000];

/// A PKCS #11 library in front of `SoftHSM2` that does what a test asks of it, and counts calls.
#[derive(Debug)]
pub struct Shim {
    /// The library.
    pub library: PathBuf,
    folder: PathBuf,
}

impl Shim {
    /// The one of this program, as new: nobody waits, nothing was called.
    fn new(place: &Path) -> Self {
        static BUILT: OnceLock<()> = OnceLock::new();
        let shim = Self {
            library: place.join("shim.so"),
            folder: place.join("shim"),
        };
        BUILT.get_or_init(|| {
            fs::create_dir_all(&shim.folder).expect("a folder for the shim");
            let built = Command::new("cc")
                .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"])
                .arg(format!("-DFOLDER=\"{}\"", shim.folder.display()))
                .arg(format!("-DSOFTHSM=\"{}\"", module().display()))
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/softhsm/shim.c"))
                .args(["-ldl", "-o"])
                .arg(&shim.library)
                .status()
                .expect("a C compiler is missing: ./portcullis test installs it");
            assert!(built.success(), "the shim compiles");
        });
        for file in ["calls", "flags"] {
            let _ = fs::remove_file(shim.folder.join(file));
        }
        shim
    }

    /// From here on `C_Sign` does not return, until what this returns is dropped.
    ///
    /// # Panics
    ///
    /// When the lock cannot be had.
    #[must_use]
    pub fn hold_signatures(&self) -> File {
        let hold = File::create(self.folder.join("hold")).expect("a file to lock");
        hold.lock().expect("a lock");
        hold
    }

    /// Adds bits to the flags that the token reports.
    ///
    /// # Panics
    ///
    /// When the file for it cannot be written.
    pub fn add_flags(&self, flags: u64) {
        fs::write(self.folder.join("flags"), flags.to_string()).expect("a file");
    }

    /// How often a function was called: `C_Finalize`, `C_Login` or `C_Sign`.
    #[must_use]
    pub fn calls(&self, function: &str) -> usize {
        let calls = fs::read_to_string(self.folder.join("calls")).unwrap_or_default();
        calls.lines().filter(|call| *call == function).count()
    }
}

/// A token, and the library with it, for one test.
#[derive(Debug)]
pub struct SoftHsm {
    _alone: MutexGuard<'static, ()>,
    place: PathBuf,
    /// Many a library stays loaded, with all it knows, when the last who used it lets go.
    _loaded: Pkcs11,
    label: String,
    /// A folder of the test's own.
    pub folder: PathBuf,
    /// The token, as it lies on the disk.
    token: PathBuf,
}

impl SoftHsm {
    /// A new token of that label. `place` is the same for all tests of a program, and no other's.
    ///
    /// # Panics
    ///
    /// When `SoftHSM2` is missing or does not make the token.
    #[must_use]
    pub fn new(place: &Path, label: &str) -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = module();
        let tokens = tokens(place);
        let entries = || -> Vec<PathBuf> {
            let entries = fs::read_dir(tokens).expect("the tokens' folder");
            entries
                .map(|entry| entry.expect("an entry").path())
                .collect()
        };
        let before = entries();
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--so-pin", "the officer's PIN"])
            .args(["--label", label, "--pin", PIN])
            .stdout(Stdio::null())
            .status()
            .expect("softhsm2-util is missing: ./portcullis test installs it");
        assert!(made.success(), "softhsm2-util makes a token");
        let mut new = entries();
        new.retain(|entry| !before.contains(entry));
        let folder = place.join(label);
        fs::create_dir_all(&folder).expect("a folder for the test");
        fs::write(folder.join("pin"), format!("{PIN}\n")).expect("a PIN file");
        Self {
            _alone: alone,
            place: place.to_owned(),
            _loaded: Pkcs11::new(library).expect("SoftHSM2 loads"),
            label: label.to_owned(),
            folder,
            token: new.pop().expect("a new token lies in the folder"),
        }
    }

    /// The token's label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// A library in front of this one that the test controls.
    ///
    /// # Panics
    ///
    /// When there is no C compiler.
    #[must_use]
    pub fn shim(&self) -> Shim {
        Shim::new(&self.place)
    }

    /// Pulls the token; what is returned puts it back.
    ///
    /// # Panics
    ///
    /// When it is not there to be pulled, or to be put back.
    pub fn pull(&self) -> impl FnOnce() + use<> {
        let token = self.token.clone();
        let away = self.folder.join("token");
        fs::rename(&token, &away).expect("the token goes");
        move || fs::rename(&away, &token).expect("the token comes back")
    }

    /// A session beside that of the program under test.
    ///
    /// # Panics
    ///
    /// When the library has no such token.
    #[must_use]
    pub fn session(&self) -> Session {
        let library = Pkcs11::new(module()).expect("SoftHSM2 loads");
        // The program under test may have done so already.
        let _ = library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        let slots = library.get_slots_with_token().expect("slots");
        let slot = slots.into_iter().find(|slot| {
            let info = library.get_token_info(*slot);
            info.is_ok_and(|info| info.label() == self.label)
        });
        let session = library.open_rw_session(slot.expect("the token's slot"));
        session.expect("a session")
    }
}

/// The folder that `SoftHSM2` keeps this process's tokens in.
fn tokens(place: &Path) -> &'static Path {
    static TOKENS: OnceLock<PathBuf> = OnceLock::new();
    TOKENS.get_or_init(|| {
        // What an earlier run has left.
        let _ = fs::remove_dir_all(place);
        let tokens = place.join("tokens");
        fs::create_dir_all(&tokens).expect("a folder for the tokens");
        let settings = place.join("softhsm2.conf");
        let text = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            tokens.display()
        );
        fs::write(&settings, text).expect("SoftHSM2's settings");
        // SAFETY: every test that goes on to call into C comes through here first, under one lock;
        // Rust's own readers of the environment hold a lock against this call.
        unsafe { env::set_var("SOFTHSM2_CONF", &settings) };
        tokens
    })
}
