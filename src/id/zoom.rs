//! Zoom's number of a meeting, as people write it and as links hold it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::Malformed;

/// Zoom's number of a meeting, 9 to 11 digits or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ZoomNumber(u64);

impl fmt::Display for ZoomNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ZoomNumber {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let numeric =
            (5..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        digits
            .parse()
            .ok()
            .filter(|_| numeric)
            .map(Self)
            .ok_or(Malformed {
                expected: "a Zoom meeting number such as 857 4606 5123",
            })
    }
}

impl ZoomNumber {
    /// The number in a link by which people join, or its host starts, a meeting: `https://us04web.zoom.us/j/…`. `None`
    /// of any other address, of one that is not Zoom's, and of a personal link, which has a name for its number.
    pub fn of_link(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        let host = url.host_str()?;
        let zooms = ["zoom.us", "zoomgov.com"].iter().any(|it| {
            let rest = host.strip_suffix(it);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        if url.scheme() != "https" || !zooms {
            return None;
        }
        let segments: Vec<&str> = url.path_segments()?.filter(|it| !it.is_empty()).collect();
        match segments.as_slice() {
            ["j" | "s" | "w", number, ..]
            | ["wc", "join", number, ..]
            | ["wc", number, "join" | "start", ..] => number.parse().ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ZoomNumber;

    #[test]
    fn a_link_of_zooms_has_the_number_and_any_other_has_none() {
        let number: ZoomNumber = "85746065123".parse().unwrap();
        for link in [
            "https://us04web.zoom.us/j/85746065123?pwd=abc.1",
            " https://zoom.us/j/85746065123 ",
            "https://acme.zoom.us/wc/join/85746065123",
            "https://app.zoom.us/wc/85746065123/join?x=1",
            "https://acme.zoomgov.com/s/85746065123?zak=x",
        ] {
            assert_eq!(ZoomNumber::of_link(link), Some(number), "{link}");
        }
        for link in [
            "http://zoom.us/j/85746065123",
            "https://zoom.us.evil.example/j/85746065123",
            "https://evilzoom.us/j/85746065123",
            "https://zoom.us/my/alice",
            "https://zoom.us/rec/share/85746065123",
            "85746065123",
            "Room 4",
        ] {
            assert_eq!(ZoomNumber::of_link(link), None, "{link}");
        }
    }
}
