//! Where settings come from: the environment over `Rocket.toml`.

use std::collections::BTreeMap;

use rocket::figment::Figment;
use rocket::figment::providers::Env;
use rocket::figment::value::Value;

use super::{ConfigError, PREFIX};

/// Raw settings by their name without the prefix.
pub(super) struct Settings(pub(super) BTreeMap<String, String>);

impl Settings {
    /// The environment, and the table `[default.portcullis]` of `Rocket.toml` below it.
    pub(super) fn read(rocket: &Figment) -> Result<Self, ConfigError> {
        let mut settings = file_settings(rocket)?;
        settings.extend(
            Env::prefixed(PREFIX)
                .iter()
                .map(|(key, value)| (key.as_str().to_ascii_uppercase(), value)),
        );
        Ok(Self(settings))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim())
    }

    /// A setting that has no default.
    pub(super) fn parse_given<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        self.get(name)
            .map(parse)
            .transpose()
            .map_err(|hint| ConfigError::new(name, hint))
    }

    pub(super) fn parse<T>(
        &self,
        name: &str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        parse(self.get(name).unwrap_or(default)).map_err(|hint| ConfigError::new(name, hint))
    }
}

pub(super) fn short_name(name: &str) -> String {
    let name = name.to_ascii_uppercase();
    name.strip_prefix(PREFIX)
        .map_or_else(|| name.clone(), str::to_owned)
}

/// The table `[default.portcullis]` (or that of the selected profile) of `Rocket.toml`.
pub(super) fn file_settings(rocket: &Figment) -> Result<BTreeMap<String, String>, ConfigError> {
    let Ok(table) = rocket.find_value("portcullis") else {
        return Ok(BTreeMap::new());
    };
    let Value::Dict(_, table) = table else {
        return Err(ConfigError {
            name: "Rocket.toml".to_owned(),
            hint: "`portcullis` must be a table".to_owned(),
        });
    };
    table
        .iter()
        .map(|(name, value)| {
            let name = short_name(name);
            let text = text(value).ok_or_else(|| {
                ConfigError::new(&name, "must be a text or a number in Rocket.toml")
            })?;
            Ok((name, text))
        })
        .collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Num(_, number) => number.to_i128().map(|number| number.to_string()),
        Value::Array(_, items) => {
            let items: Option<Vec<String>> = items.iter().map(text).collect();
            Some(items?.join(","))
        }
        _ => None,
    }
}

pub(super) fn rocket_error(error: rocket::figment::Error) -> ConfigError {
    let key = error.path.join("_").to_ascii_uppercase();
    let reason = error.kind.to_string();
    let words: Vec<&str> = reason.split_whitespace().collect();
    ConfigError {
        name: match key.as_str() {
            "" => "Rocket.toml".to_owned(),
            key => format!("ROCKET_{key}"),
        },
        hint: words.join(" "),
    }
}
