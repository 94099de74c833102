//! The words for a browser and its platform, from `User-Agent` and its client hints. Nothing more of
//! them is kept.

use rocket::http::HeaderMap;

/// The most characters of a word.
const MAX_WORD: usize = 64;

/// What a browser calls itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserAgent {
    pub(crate) browser: Option<String>,
    pub(crate) platform: Option<String>,
}

/// Words of `User-Agent` in the order in which they are looked for: most browsers name others too.
const BROWSERS: [(&str, &str); 10] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const PLATFORMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

impl UserAgent {
    pub(crate) fn of(headers: &HeaderMap<'_>) -> Self {
        let text = headers.get_one("User-Agent").unwrap_or_default();
        let brand = headers.get_one("Sec-CH-UA").and_then(brand);
        let platform = headers.get_one("Sec-CH-UA-Platform").map(unquoted);
        let listed = |words: &[(&str, &'static str)]| {
            let found = words.iter().find(|(mark, _)| text.contains(mark));
            found.map(|(_, word)| *word)
        };
        // A program's name comes first: `curl/8.5.0`.
        let program = || text.split(['/', ' ', '(']).next();
        Self {
            browser: brand
                .or_else(|| listed(&BROWSERS))
                .or_else(program)
                .and_then(word),
            platform: platform.or_else(|| listed(&PLATFORMS)).and_then(word),
        }
    }
}

/// The brand of `"Chromium";v="156", "Google Chrome";v="156", "Not_A Brand";v="24"` that says most: not
/// the placeholder, and the engine only where there is no other.
fn brand(list: &str) -> Option<&str> {
    let brands = || {
        list.split(',')
            .filter_map(|item| item.split(';').next())
            .map(unquoted)
            .filter(|brand| !brand.contains("Brand") && !brand.is_empty())
    };
    brands()
        .find(|brand| *brand != "Chromium")
        .or_else(|| brands().next())
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches('"')
}

/// A word to show: printable ASCII, and not too long.
fn word(text: &str) -> Option<String> {
    let is_plain = |letter: &char| *letter == ' ' || letter.is_ascii_graphic();
    let word: String = text
        .trim()
        .chars()
        .filter(is_plain)
        .take(MAX_WORD)
        .collect();
    (!word.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use rocket::http::Header;

    use super::*;

    fn words(headers: &[(&'static str, &str)]) -> (String, String) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.add(Header::new(*name, (*value).to_owned()));
        }
        let found = UserAgent::of(&map);
        (
            found.browser.unwrap_or_default(),
            found.platform.unwrap_or_default(),
        )
    }

    #[test]
    fn browsers_and_platforms_are_told_apart() {
        for (text, browser, platform) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox",
                "Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge",
                "Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
                 Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                "Safari",
                "iOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome",
                "Android",
            ),
            ("curl/8.5.0", "curl", ""),
            ("", "", ""),
        ] {
            let expected = (browser.to_owned(), platform.to_owned());
            assert_eq!(words(&[("User-Agent", text)]), expected, "{text}");
        }
    }

    #[test]
    fn client_hints_say_it_better() {
        let found = words(&[
            (
                "User-Agent",
                "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0",
            ),
            (
                "Sec-CH-UA",
                "\"Chromium\";v=\"156\", \"Brave\";v=\"156\", \"Not_A Brand\";v=\"24\"",
            ),
            ("Sec-CH-UA-Platform", "\"macOS\""),
        ]);
        assert_eq!(found, ("Brave".to_owned(), "macOS".to_owned()));
    }

    #[test]
    fn nothing_long_or_unprintable_is_kept() {
        let (browser, _) = words(&[("User-Agent", &"x".repeat(10_000))]);
        assert_eq!(browser.len(), MAX_WORD);
        let (browser, _) = words(&[("User-Agent", "a\u{7}\u{202e}b/1")]);
        assert_eq!(browser, "ab");
    }
}
