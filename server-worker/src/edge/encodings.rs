//! In which form a file is sent: as it is, or as one of those that the build has compressed
//! (RFC 9110 §12.5.3).

use serde::Deserialize;

/// A way in which the build compresses files. The first that a client takes as gladly is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Coding {
    /// Brotli (RFC 7932).
    #[serde(rename = "br")]
    Brotli,
    /// Gzip (RFC 1952).
    #[serde(rename = "gzip")]
    Gzip,
}

impl Coding {
    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// How the name of a file ends that is compressed so.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }
}

/// The best of these for a client with this `Accept-Encoding`; `None` is the file as it is. It is
/// that also for whoever takes nothing that there is: it can be read, and a refusal cannot.
#[must_use]
pub fn choose(accept: &str, has: &[Coding]) -> Option<Coding> {
    let wishes: Vec<(&str, f32)> = accept.split(',').filter_map(wish).collect();
    let weight = |name: &str| wishes.iter().find(|(wished, _)| wished.eq_ignore_ascii_case(name)).map(|(_, q)| *q);
    // What is not listed is meant by the star.
    let of = |coding: Coding| weight(coding.name()).or_else(|| weight("*")).unwrap_or(0.0);
    let mut best = None;
    let mut highest = weight("identity").unwrap_or(0.0);
    let mut all = has.to_vec();
    all.sort_unstable();
    for coding in all {
        let weight = of(coding);
        // Compressed is better than not where both are as welcome.
        if weight > 0.0 && (weight > highest || (best.is_none() && weight >= highest)) {
            (best, highest) = (Some(coding), weight);
        }
    }
    best
}

/// One element of the list: what is wished, and how much, 0 to 1. One that cannot be read counts
/// for nothing.
fn wish(element: &str) -> Option<(&str, f32)> {
    let mut parts = element.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = match parts.next() {
        None => 1.0,
        Some(parameter) => {
            let (key, value) = parameter.split_once('=')?;
            let value = value.trim().parse().ok().filter(|q| (0.0..=1.0).contains(q));
            value.filter(|_| key.trim().eq_ignore_ascii_case("q"))?
        }
    };
    Some((name, weight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Coding::{Brotli, Gzip};

    #[test]
    fn a_client_gets_what_it_likes_best_of_what_there_is() {
        let cases = [
            ("gzip, deflate, br, zstd", Some(Brotli)),
            ("gzip, deflate", Some(Gzip)),
            ("br", Some(Brotli)),
            ("BR, GZip", Some(Brotli)),
            ("br;q=0.5, gzip;q=0.8", Some(Gzip)),
            ("br ; q=0.8 , gzip;Q=0.5", Some(Brotli)),
            ("br;q=0.001, gzip;q=0", Some(Brotli)),
            ("br;q=0, gzip", Some(Gzip)),
            ("br;q=0, gzip;q=0.000", None),
            ("*", Some(Brotli)),
            ("*;q=0.5, br;q=0", Some(Gzip)),
            ("*;q=0.5, br;q=0.1", Some(Gzip)),
            ("gzip;q=0.3, *;q=0", Some(Gzip)),
            ("identity", None),
            ("identity, br;q=0.5", None),
            ("identity;q=0.5, br;q=0.5", Some(Brotli)),
            ("identity;q=0.5, gzip", Some(Gzip)),
            ("identity;q=0", None),
            ("*;q=0", None),
            ("", None),
            ("deflate, zstd", None),
        ];
        for (accept, expected) in cases {
            assert_eq!(choose(accept, &[Gzip, Brotli]), expected, "{accept}");
            assert_eq!(choose(accept, &[Brotli, Gzip]), expected, "{accept}");
        }
    }

    #[test]
    fn what_the_build_did_not_make_is_not_sent() {
        assert_eq!(choose("br, gzip", &[]), None);
        assert_eq!(choose("br, gzip", &[Gzip]), Some(Gzip));
        assert_eq!(choose("gzip", &[Brotli]), None);
        assert_eq!(choose("*", &[Gzip]), Some(Gzip));
    }

    #[test]
    fn what_cannot_be_read_counts_for_nothing_and_harms_nothing() {
        for broken in
            ["br;q=2", "br;q=-1", "br;q=nan", "br;q=", "br;q", "br;level=5", ";q=1", ",,;,=", "brx", "b r", "br;q=1;"]
        {
            let found = choose(&format!("{broken}, gzip;q=0.1"), &[Brotli, Gzip]);
            let expected = if broken == "br;q=1;" { Brotli } else { Gzip };
            assert_eq!(found, Some(expected), "{broken}");
        }
        assert_eq!(choose(&"br;q=0.1,".repeat(10_000), &[Brotli]), Some(Brotli));
    }
}
