//! The query string hash that ties a Connect token to one request, as Atlassian's libraries compute it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use crate::id::encode;

/// The `qsh` of a request: `target` is the path and query as they stand on the request line, `base_path` the path of the
/// address the app (or, for outgoing requests, the site) is known by.
pub fn qsh(method: &str, target: &str, base_path: &str) -> String {
    let digest = Sha256::digest(canonical(method, target, base_path).as_bytes());
    digest
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The canonical request that is hashed: `METHOD&path&query`.
pub fn canonical(method: &str, target: &str, base_path: &str) -> String {
    let target = target.split_once('#').map_or(target, |(before, _)| before);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    format!(
        "{}&{}&{}",
        method.to_ascii_uppercase(),
        canonical_path(path, base_path),
        canonical_query(query)
    )
}

/// The path with its percent-encoding untouched, without the base path and one trailing slash.
fn canonical_path(path: &str, base_path: &str) -> String {
    let base = base_path.trim_end_matches('/');
    let path = path
        .strip_prefix(base)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        .unwrap_or(path);
    let path = path.replace('&', "%26");
    let path = match path.strip_suffix('/') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => path,
    };
    if path.starts_with('/') {
        path
    } else {
        format!("/{path}")
    }
}

/// The parameters but `jwt`, sorted by encoded name, repeated values sorted and joined with a bare comma.
fn canonical_query(query: &str) -> String {
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name != "jwt" {
            parameters
                .entry(encode(&name))
                .or_default()
                .push(value.into_owned());
        }
    }
    let pairs: Vec<String> = parameters
        .into_iter()
        .map(|(name, mut values)| {
            values.sort_unstable();
            let values: Vec<String> = values.iter().map(|value| encode(value)).collect();
            format!("{name}={}", values.join(","))
        })
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::{canonical, qsh};

    #[test]
    fn requests_are_canonical_as_atlassian_writes_them() {
        let cases = [
            ("GET", "", "", "GET&/&"),
            ("get", "/issue/P-1", "", "GET&/issue/P-1&"),
            (
                "GET",
                "/some/path/?param=value",
                "",
                "GET&/some/path&param=value",
            ),
            ("GET", "/app/issue?id=1", "/app", "GET&/issue&id=1"),
            ("GET", "/app", "/app/", "GET&/&"),
            ("GET", "/apple/issue", "/app", "GET&/apple/issue&"),
            (
                "GET",
                "/p?z=1&r=b+b&a=1&r=a%20a",
                "",
                "GET&/p&a=1&r=a%20a,b%20b&z=1",
            ),
            ("GET", "/p?f=s,t&f=a", "", "GET&/p&f=a,s%2Ct"),
            ("GET", "/p?a=!'()*~", "", "GET&/p&a=%21%27%28%29%2A~"),
            ("GET", "/p?jwt=x.y.z&JWT=a&flag", "", "GET&/p&JWT=a&flag="),
            ("GET", "/a%2Fb&c/./d//e", "", "GET&/a%2Fb%26c/./d//e&"),
            ("POST", "/p?a=%2520#fragment", "", "POST&/p&a=%2520"),
        ];
        for (method, target, base, expected) in cases {
            assert_eq!(canonical(method, target, base), expected);
        }
    }

    #[test]
    fn the_hash_is_of_the_canonical_request() {
        assert_eq!(
            qsh("GET", "/rest/api/3/issue/PROJ-1", ""),
            "a420f9a4745473ce019376f161ac73c366c87d745d7f9b9b0890d6d667baf523"
        );
        assert_ne!(qsh("GET", "/a", ""), qsh("POST", "/a", ""));
    }
}
