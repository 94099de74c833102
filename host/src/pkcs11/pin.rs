//! When a PIN may be tried: a few wrong ones lock a token for good, and a supervisor restarts a
//! program that fails as often as it likes.

use core::fmt;

use cryptoki::slot::TokenInfo;

use super::TokenError;

/// What this process knows of its PINs.
#[derive(Default)]
pub(super) enum PinHistory {
    #[default]
    Untried,
    Accepted,
    Refused(String),
}

impl PinHistory {
    /// Whether a PIN may be tried once. The token's own flags outlive the process
    /// (PKCS #11 3.1, section 3.2, `CK_TOKEN_INFO`).
    pub(super) fn check(&self, pin: &str, info: &TokenInfo) -> Result<(), TokenError> {
        if info.user_pin_locked() {
            return Err(TokenError::PinNotTried("the token has locked it"));
        }
        if info.user_pin_final_try() {
            return Err(TokenError::PinNotTried(
                "the token allows one more attempt (CKF_USER_PIN_FINAL_TRY); \
                 log in once with another program, then start again",
            ));
        }
        match self {
            Self::Refused(refused) if refused == pin => Err(TokenError::PinRefused),
            Self::Untried if info.user_pin_count_low() => Err(TokenError::PinNotTried(
                "the last login with a PIN has failed (CKF_USER_PIN_COUNT_LOW); \
                 check the PIN file, log in once with another program, then start again",
            )),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for PinHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Untried => "Untried",
            Self::Accepted => "Accepted",
            Self::Refused(_) => "Refused",
        })
    }
}
