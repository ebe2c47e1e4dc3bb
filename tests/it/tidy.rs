//! The house rules that a machine can check: who may name whom, how long a file is, how it opens.

use std::fs;
use std::path::{Path, PathBuf};

/// Which of our modules each module may name with `crate::`.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("id", &[]),
    ("clock", &[]),
    ("memory", &["clock"]),
    ("secret", &[]),
    ("feature", &[]),
    ("event", &["feature", "id"]),
    ("bus", &["event", "id"]),
    ("config", &["id"]),
    ("telemetry", &["config"]),
    ("manifests", &["config"]),
    ("store", &["id", "clock", "event", "feature"]),
    ("upstream", &["id", "clock", "event", "upstream"]),
    (
        "app",
        &[
            "auth", "bus", "clock", "config", "feature", "grant", "id", "ingress", "secret",
            "store", "transfer", "upstream", "watch",
        ],
    ),
    (
        "auth",
        &[
            "app", "clock", "config", "id", "memory", "secret", "store", "upstream",
        ],
    ),
    (
        "grant",
        &[
            "app", "auth", "clock", "config", "id", "memory", "secret", "store", "upstream",
        ],
    ),
    (
        "action",
        &[
            "app", "auth", "clock", "event", "feature", "grant", "id", "store", "transfer",
            "upstream",
        ],
    ),
    (
        "transfer",
        &[
            "app", "auth", "clock", "event", "feature", "grant", "id", "store", "upstream",
        ],
    ),
    (
        "graphql",
        &[
            "action", "app", "auth", "bus", "clock", "event", "feature", "grant", "id", "store",
            "transfer", "upstream", "watch",
        ],
    ),
    (
        "http",
        &[
            "app",
            "auth",
            "bus",
            "clock",
            "config",
            "event",
            "grant",
            "graphql",
            "id",
            "ingress",
            "manifests",
            "memory",
            "secret",
            "store",
            "telemetry",
            "transfer",
            "upstream",
            "watch",
        ],
    ),
    (
        "watch",
        &[
            "app", "auth", "bus", "clock", "event", "grant", "id", "memory", "store", "upstream",
        ],
    ),
    (
        "ingress",
        &[
            "app", "auth", "bus", "clock", "event", "feature", "id", "store", "upstream", "watch",
        ],
    ),
    (
        "doctor",
        &[
            "app",
            "bus",
            "clock",
            "config",
            "secret",
            "store",
            "telemetry",
            "upstream",
        ],
    ),
];

/// The longest a file may be, in lines.
const LONGEST: usize = 500;

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

fn files_of(folders: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in folders {
        rust_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 10, "the folders are not where they were");
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The part of a file before its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

/// The modules that a file names as `crate::…`, also within braces.
fn named(code: &str) -> Vec<&str> {
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| {
            line.match_indices("crate::")
                .map(move |(at, found)| &line[at + found.len()..])
        })
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(list) => list
                .split(',')
                .map(|it| it.trim().split([':', '}', ' ']).next().unwrap())
                .collect::<Vec<_>>(),
            None => vec![
                rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap(),
            ],
        })
        .filter(|it| !it.is_empty())
        .collect()
}

#[test]
fn every_module_names_only_those_below_it() {
    let mut wrong = Vec::new();
    for (name, text) in files_of(&["src"]) {
        let module = name
            .trim_start_matches("src/")
            .split(['/', '.'])
            .next()
            .unwrap();
        if matches!(module, "main" | "lib") {
            continue;
        }
        let Some((_, allowed)) = MAY_NAME.iter().find(|(it, _)| *it == module) else {
            wrong.push(format!("{name}: `{module}` has no row in the table"));
            continue;
        };
        for other in named(code(&text)) {
            if other != module && !allowed.contains(&other) {
                wrong.push(format!("{name} names crate::{other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_provider_names_another() {
    let mut wrong = Vec::new();
    for (name, text) in files_of(&["src/upstream"]) {
        let own = name
            .trim_start_matches("src/upstream/")
            .split('/')
            .next()
            .unwrap();
        for other in ["jira", "microsoft", "zoom", "confluence"] {
            if own != other
                && own != "mod.rs"
                && code(&text).contains(&format!("upstream::{other}"))
            {
                wrong.push(format!("{name} names upstream::{other}"));
            }
        }
        for foreign in ["async_graphql", "sea_orm", "Caller"] {
            if code(&text).contains(foreign) {
                wrong.push(format!("{name} knows {foreign}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_schema_holds_no_client_and_no_engine_error() {
    let mut wrong = Vec::new();
    for (name, text) in files_of(&["src/graphql"]) {
        for foreign in ["reqwest", "async_graphql::Result", "Extension"] {
            if code(&text)
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(foreign))
            {
                wrong.push(format!("{name} knows {foreign}"));
            }
        }
    }
    wrong.retain(|it| !it.ends_with("error.rs knows Extension"));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_says_what_it_is_for_and_is_not_too_long() {
    let mut wrong = Vec::new();
    for (name, text) in files_of(&[
        "src",
        "migrations/src",
        "benches",
        "tests/it",
        "tests/sandbox/src",
    ]) {
        if !text.starts_with("//!") {
            wrong.push(format!("{name} does not open with //!"));
        }
        if text.lines().count() > LONGEST {
            wrong.push(format!("{name} has {} lines", text.lines().count()));
        }
        for word in ["TODO", "FIXME"] {
            if text.contains(&format!("// {word}")) {
                wrong.push(format!("{name} has a {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
