//! Downloads of recordings: redirects followed by hand, the bearer only to Zoom's own hosts, and nothing taken for a
//! recording that is none.
//!
//! A download address leads over several hosts, and a client that follows by itself loses its token on the way; Zoom
//! then answers 200 with a page to sign in. <https://developers.zoom.us/docs/api/rest/reference/zoom-api/methods/>

use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream;
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::net::lookup_host;
use url::{Host, Url};

use super::limit::Label;
use super::model;
use super::{get, segment};
use crate::id::ZoomUuid;
use crate::upstream::http::{Download, Http};
use crate::upstream::{Access, Error, Kind, Provider};

const OPERATION: &str = "download a recording";
/// How many redirects are followed.
const HOPS: usize = 5;
/// For how long a download token is asked, in seconds: to begin with; what has begun goes on.
const TOKEN_LIFE: u32 = 3_600;
/// Bytes that tell what a file is.
const BEGINNING: usize = 64;

/// A recording with what opens its files. The token lives as long as this, and is never kept.
#[derive(Debug, Deserialize)]
pub struct Downloadable {
    #[serde(default)]
    download_access_token: Option<SecretString>,
    #[serde(default)]
    recording_files: Vec<Entry>,
}

/// A file, and where it is downloaded.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(flatten)]
    file: model::RecordingFile,
    #[serde(default)]
    download_url: Option<SecretString>,
}

/// A file that can be downloaded.
#[derive(Debug)]
pub struct Source {
    address: SecretString,
    tokens: Vec<SecretString>,
    extension: String,
}

/// Why nothing could be downloaded.
#[derive(Debug, Clone)]
pub enum Failure {
    /// Zoom sends something, but not a recording: a page to sign in, or another kind of file.
    NotARecording,
    /// Zoom refuses, or cannot be reached.
    Failed(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The recordings of one instance, with what opens them: `GET /meetings/{uuid}/recordings`, anew for each download
/// because addresses and tokens end. `None` when there are none that this person may see.
pub async fn downloadable(
    http: &Http,
    access: &Access,
    uuid: &ZoomUuid,
) -> Result<Option<Downloadable>, Error> {
    let path = format!(
        "/meetings/{}/recordings?include_fields=download_access_token&ttl={TOKEN_LIFE}",
        segment(uuid)
    );
    get(http, access, Label::Light, OPERATION, &path).await
}

impl Downloadable {
    /// The file that `named` tells, and what opens it; the latter only once Zoom has finished making it.
    pub fn file(
        &self,
        access: &Access,
        named: impl Fn(&model::RecordingFile) -> bool,
    ) -> Option<(&model::RecordingFile, Option<Source>)> {
        let found = self.recording_files.iter().find(|it| named(&it.file))?;
        let file = &found.file;
        let ready = file.status.as_deref().is_none_or(|it| it == "completed");
        let source = found.download_url.clone().filter(|_| ready);
        let tokens = self.download_access_token.iter().chain([&access.token]);
        Some((
            file,
            source.map(|address| Source {
                address,
                tokens: tokens.cloned().collect(),
                extension: file.file_extension.clone().unwrap_or_default(),
            }),
        ))
    }
}

/// Opens a file. `hosts` are those that get the bearer, `*.` before a name standing for all below it.
///
/// Fails with `NotARecording` when what comes is a page, or does not begin as such a file does; with `TokenRefused`
/// when none of the tokens opens it.
pub async fn open(http: &Http, source: &Source, hosts: &[String]) -> Result<Download, Failure> {
    let mut refused = Failure::Failed(Error::new(Provider::Zoom, OPERATION, Kind::Invalid));
    for token in &source.tokens {
        match follow(http, source, token, hosts).await {
            Ok(download) => return begun(download, &source.extension).await,
            Err(Failure::Failed(error)) if matches!(error.kind, Kind::TokenRefused { .. }) => {
                refused = Failure::Failed(error);
            }
            Err(failure) => return Err(failure),
        }
    }
    Err(refused)
}

async fn follow(
    http: &Http,
    source: &Source,
    token: &SecretString,
    hosts: &[String],
) -> Result<Download, Failure> {
    let invalid = || Error::new(Provider::Zoom, OPERATION, Kind::Invalid);
    let mut url: Url = (source.address.expose_secret().parse()).map_err(|_| invalid())?;
    for _ in 0..=HOPS {
        let trusted = is_one_of(&url, hosts);
        let pinned;
        let client = if trusted {
            http
        } else {
            pinned = elsewhere(http, &url).await?;
            &pinned
        };
        let mut request = client.client().get(url.clone());
        if trusted {
            request = request.bearer_auth(token.expose_secret());
        }
        let answer = match client.open(Provider::Zoom, OPERATION, request).await? {
            Ok(download) => return Ok(download),
            Err(answer) => answer,
        };
        let moved = matches!(
            answer.status,
            StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT
        );
        if !moved {
            return Err(answer
                .success(Provider::Zoom, OPERATION)
                .map_or_else(Failure::Failed, |_| Failure::NotARecording));
        }
        let location = answer.headers.get(LOCATION).and_then(|it| it.to_str().ok());
        let next = location.and_then(|it| url.join(it).ok());
        url = next.ok_or_else(invalid)?;
    }
    Err(invalid().into())
}

/// Whether an address is one of these hosts': over https, or over plain http where the list names a loopback address.
fn is_one_of(url: &Url, hosts: &[String]) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let named = hosts.iter().any(|it| match it.strip_prefix("*.") {
        Some(above) => host.strip_suffix(above).is_some_and(|it| it.ends_with('.')),
        None => it == host,
    });
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    };
    named && (url.scheme() == "https" || url.scheme() == "http" && loopback)
}

/// A client for a host that is not Zoom's: https only, and only to addresses of the public internet, found out once so
/// that no second answer of the name's server leads elsewhere.
async fn elsewhere(http: &Http, url: &Url) -> Result<Http, Error> {
    let forbidden = || Error::new(Provider::Zoom, OPERATION, Kind::Invalid);
    let Some(Host::Domain(name)) = url.host() else {
        return Err(forbidden());
    };
    if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
        return Err(forbidden());
    }
    let port = url.port_or_known_default().unwrap_or(443);
    let unavailable = Kind::Unavailable { retry_after: None };
    let found = lookup_host((name, port)).await;
    let addresses: Vec<_> = found
        .map_err(|error| Error::new(Provider::Zoom, OPERATION, unavailable).caused_by(error))?
        .collect();
    if addresses.is_empty() || !addresses.iter().all(|it| is_public(it.ip())) {
        return Err(forbidden());
    }
    http.pinned(name, &addresses)
        .map_err(|error| forbidden().caused_by(error))
}

/// Whether an address is of the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let benchmark = a == 198 && (18..20).contains(&b);
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_documentation()
                || shared
                || benchmark
                || a == 0
                || a >= 240)
        }
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            let unique_local = first & 0xfe00 == 0xfc00;
            let link_local = first & 0xffc0 == 0xfe80;
            // 64:ff9b::/96 and 2002::/16 stand for addresses of IPv4.
            let translated = first == 0x64 || first == 0x2002;
            !(ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || unique_local
                || link_local
                || translated)
        }
    }
}

/// The same download once its beginning is known to be such a file's.
async fn begun(download: Download, extension: &str) -> Result<Download, Failure> {
    let Download {
        stream: mut rest,
        length,
        content_type,
    } = download;
    let extension = extension.to_ascii_uppercase();
    let media = content_type.as_deref().unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("text/html")
        || media.eq_ignore_ascii_case("application/json") && extension != "JSON"
    {
        return Err(Failure::NotARecording);
    }
    let mut beginning = BytesMut::new();
    while beginning.len() < BEGINNING {
        match rest.next().await {
            Some(piece) => beginning.extend_from_slice(&piece?),
            None => break,
        }
    }
    if !begins_as(&beginning, &extension) {
        return Err(Failure::NotARecording);
    }
    let first: Result<Bytes, Error> = Ok(beginning.freeze());
    Ok(Download {
        stream: stream::once(async { first }).chain(rest).boxed(),
        length,
        content_type,
    })
}

/// Whether a file of this kind may begin so.
fn begins_as(beginning: &[u8], extension: &str) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    let start = text.trim_ascii_start();
    match extension {
        "MP4" | "M4A" => beginning.get(4..8) == Some(b"ftyp"),
        "VTT" => text.starts_with(b"WEBVTT"),
        "JSON" => start.starts_with(b"{") || start.starts_with(b"["),
        "JPG" => beginning.starts_with(b"\xff\xd8\xff"),
        _ => {
            let page: &[&[u8]] = &[b"<!doctype", b"<html"];
            let start: Vec<u8> = start.iter().take(9).map(u8::to_ascii_lowercase).collect();
            !page.iter().any(|it| start.starts_with(it))
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{begins_as, is_one_of, is_public};

    #[test]
    fn the_bearer_goes_to_zooms_own_hosts_over_https_only() {
        let hosts = [
            "zoom.us".to_owned(),
            "*.zoom.us".to_owned(),
            "127.0.0.1".to_owned(),
        ];
        for (url, trusted) in [
            ("https://zoom.us/rec/download/x", true),
            ("https://us06web.zoom.us/rec/x", true),
            ("http://zoom.us/rec/x", false),
            ("https://zoom.us.evil.example/rec/x", false),
            ("https://evilzoom.us/rec/x", false),
            ("https://zoom.us@evil.example/rec/x", false),
            ("http://127.0.0.1:8080/rec/x", true),
            ("http://127.0.0.2:8080/rec/x", false),
        ] {
            assert_eq!(
                is_one_of(&Url::parse(url).unwrap(), &hosts),
                trusted,
                "{url}"
            );
        }
    }

    #[test]
    fn no_redirect_leads_into_a_private_network() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in ["8.8.8.8", "170.114.0.1", "2606:4700::1111"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn a_page_is_never_a_recording() {
        let page = b"<!DOCTYPE html><html><body>Sign In";
        for extension in ["MP4", "M4A", "VTT", "TXT", "JSON", "JPG", "CSV", ""] {
            assert!(!begins_as(page, extension), "{extension}");
        }
        assert!(begins_as(b"\0\0\0\x20ftypisom\0\0\x02\0", "MP4"));
        assert!(begins_as(b"\xef\xbb\xbfWEBVTT\n\n1\n", "VTT"));
        assert!(begins_as(b"00:00:01\tAda:\tHello", "TXT"));
        assert!(begins_as(b" {\"timeline\":[]}", "JSON"));
        assert!(!begins_as(b"", "MP4"));
    }
}
