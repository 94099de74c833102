use core::str::FromStr;

use portcullis_core::Aaguid;

/// The models of authenticators that are wanted, by their AAGUID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Aaguids {
    /// All of them.
    #[default]
    Any,
    /// These alone.
    Allow(Vec<Aaguid>),
    /// All but these.
    Deny(Vec<Aaguid>),
}

impl Aaguids {
    /// Whether a model is wanted.
    #[must_use]
    pub fn accept(&self, aaguid: Aaguid) -> bool {
        match self {
            Self::Any => true,
            Self::Allow(allowed) => allowed.contains(&aaguid),
            Self::Deny(denied) => !denied.contains(&aaguid),
        }
    }
}

impl FromStr for Aaguids {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, list) = text.split_once(':').unwrap_or_default();
        let list: Result<Vec<_>, String> = list
            .split(',')
            .map(|item| {
                let item = item.trim();
                item.parse().map_err(|error| format!("`{item}` is {error}"))
            })
            .collect();
        match kind.trim() {
            "allow" => list.map(Self::Allow),
            "deny" => list.map(Self::Deny),
            _ => Err("must be allow:AAGUID,AAGUID,... or deny:AAGUID,AAGUID,...".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "00112233-4455-6677-8899-aabbccddeeff";
    const TWO: &str = "10112233-4455-6677-8899-AABBCCDDEEFF";

    #[test]
    fn a_list_allows_or_denies() {
        let one = ONE.parse().expect("an AAGUID");
        let two = TWO.parse().expect("upper case too");
        let allow: Aaguids = format!("allow: {ONE}").parse().expect("a list");
        assert!(allow.accept(one) && !allow.accept(two));
        let deny: Aaguids = format!("deny:{ONE},{TWO}").parse().expect("a list");
        assert!(!deny.accept(one) && !deny.accept(two) && deny.accept(Aaguid::ZERO));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [
            "",
            "allow",
            "allow:",
            ONE,
            "only:",
            "deny:00112233445566778899aabbccddeeff",
        ] {
            assert!(text.parse::<Aaguids>().is_err(), "{text}");
        }
        let mixed = format!("allow:{ONE},deny:{TWO}");
        assert!(mixed.parse::<Aaguids>().is_err());
    }
}
