//! What an administrator hands to the hosts: complete, for the configured address, the same each time.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use serde_json::Value;
use trefoil::config::Settings;
use trefoil::manifests::{App, Manifests, Refused, icons};

use crate::client;
use crate::harness::given_a_house;

const CLIENT_ID: &str = "2c3caa80-93f9-425e-8b85-0745f50c0d24";

/// Everything that a manifest can be written for.
const EVERYTHING: &str = r#"
    server.public_url = "https://trefoil.example.com"
    jira.connect.app_key = "io.trefoil.jira"
    jira.forge.app_id = "ari:cloud:ecosystem::app/8db33809-1f32-48bb-8c52-5877dab48107"
    microsoft.client_id = "2c3caa80-93f9-425e-8b85-0745f50c0d24"
    microsoft.client_secret = "s"
"#;

fn settings(lines: &str) -> Settings {
    let key = "secret.keys = [\"k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]";
    Settings::parse(&format!("{key}\n{lines}")).unwrap()
}

fn written() -> BTreeMap<&'static str, Vec<u8>> {
    let manifests = Manifests::of(&settings(EVERYTHING)).unwrap();
    assert_eq!(manifests.absent, Vec::<&str>::new());
    (manifests.files.into_iter())
        .map(|file| (file.name, file.content))
        .collect()
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&written()[name]).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(written()[name].clone()).unwrap()
}

fn refusal(lines: &str) -> String {
    Manifests::of(&settings(lines)).unwrap_err().to_string()
}

/// Every text in a document, with the name it stands under.
fn strings<'a>(value: &'a Value, name: &'a str, into: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::String(text) => into.push((name, text)),
        Value::Array(items) => items.iter().for_each(|it| strings(it, name, into)),
        Value::Object(members) => {
            (members.iter()).for_each(|(name, it)| strings(it, name, into));
        }
        _ => {}
    }
}

/// The files of a package.
fn unpacked(package: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(Cursor::new(package)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

/// Width, height and colour type of a PNG, from its header.
fn image(png: &[u8]) -> (u32, u32, u8) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20), png[25])
}

#[test]
fn a_full_configuration_gives_every_manifest_twice_the_same() {
    let first = written();
    let names: Vec<&str> = first.keys().copied().collect();
    assert_eq!(
        names,
        [
            "atlassian-connect.json",
            "manifest.yml",
            "outlook-manifest.json",
            "outlook-manifest.xml",
            "outlook.zip",
            "teams-manifest.json",
            "teams.zip",
        ]
    );
    assert_eq!(first, written());
}

#[test]
fn only_what_is_configured_is_written_and_the_rest_is_told() {
    let jira = "server.public_url = 'https://t.example.com'\njira.connect.app_key = 'k'";
    let manifests = Manifests::of(&settings(jira)).unwrap();
    assert_eq!(manifests.files.len(), 1);
    let told = manifests.absent.join("\n");
    assert!(
        told.contains("`jira.forge.app_id`") && told.contains("`microsoft.client_id`"),
        "{told}"
    );
}

#[test]
fn what_is_missing_is_named_by_its_key() {
    let said = refusal("jira.connect.app_key = 'k'");
    assert!(
        said.contains("`server.public_url`") && said.contains("not https"),
        "{said}"
    );
    let said = refusal("server.public_url = 'https://t.example.com'");
    assert!(said.contains("`microsoft.client_id`"), "{said}");
    let said = refusal(
        "server.public_url = 'https://t.example.com'\n\
         microsoft = { client_id = 'trefoil', client_secret = 's' }",
    );
    assert!(
        said.contains("`microsoft.client_id`") && said.contains("not a GUID"),
        "{said}"
    );
}

#[test]
fn the_ids_differ_by_purpose_and_stay_with_the_registration() {
    let app = App::of(&settings(EVERYTHING)).unwrap().unwrap();
    let xml = text("outlook-manifest.xml");
    let (_, rest) = xml.split_once("<Id>").unwrap();
    let outlook = rest.split_once("</Id>").unwrap().0.to_owned();
    let ids = BTreeSet::from([
        outlook,
        json("outlook-manifest.json")["id"].as_str().unwrap().into(),
        json("teams-manifest.json")["id"].as_str().unwrap().into(),
        CLIENT_ID.to_owned(),
    ]);
    assert_eq!(ids.len(), 4, "{ids:?}");
    assert!(ids.contains(&app.teams().to_string()), "{ids:?}");
    // Whoever uploaded a package keeps it: these may never change.
    assert_eq!(app.teams().to_string(), TEAMS_ID);
}

/// Version 5 of a UUID (RFC 9562) of "teams" in the name space of the client id.
const TEAMS_ID: &str = "f07ca67e-ce0b-56a0-8289-8b74646c7275";

#[test]
fn the_json_manifests_keep_to_what_the_hosts_demand() {
    for name in ["teams-manifest.json", "outlook-manifest.json"] {
        let manifest = json(name);
        let short = manifest["name"]["short"].as_str().unwrap();
        assert!(short.len() <= 30, "{name}: {short}");
        let description = &manifest["description"];
        assert!(description["short"].as_str().unwrap().chars().count() <= 80);
        assert!(description["full"].as_str().unwrap().chars().count() <= 4000);
        assert_eq!(
            manifest["validDomains"],
            serde_json::json!(["trefoil.example.com"])
        );
        assert_eq!(manifest["webApplicationInfo"]["id"], CLIENT_ID);
        assert_eq!(
            manifest["webApplicationInfo"]["resource"],
            format!("api://trefoil.example.com/{CLIENT_ID}")
        );
        let mut all = Vec::new();
        strings(&manifest, "", &mut all);
        for (member, text) in all {
            assert!(!text.contains("NestedAppAuth"), "{name}: {text}");
            if member.to_ascii_lowercase().ends_with("url") || member == "page" {
                assert!(
                    text.starts_with("https://trefoil.example.com/addins/"),
                    "{name}: {member} is {text}"
                );
            }
        }
    }
    let tabs = json("teams-manifest.json");
    assert_eq!(
        tabs["staticTabs"][0]["contentUrl"],
        "https://trefoil.example.com/addins/teams/tab"
    );
    assert_eq!(
        tabs["configurableTabs"][0]["configurationUrl"],
        "https://trefoil.example.com/addins/teams/configure"
    );
    let nested = &tabs["webApplicationInfo"]["nestedAppAuthInfo"][0];
    assert_eq!(nested["redirectUri"], "brk-multihub://trefoil.example.com");
}

#[test]
fn a_port_that_is_not_the_usual_one_is_part_of_every_name() {
    let lines = EVERYTHING.replace("trefoil.example.com", "localhost:3000");
    let manifests = Manifests::of(&settings(&lines)).unwrap();
    let teams = manifests
        .files
        .iter()
        .find(|it| it.name == "teams-manifest.json");
    let teams: Value = serde_json::from_slice(&teams.unwrap().content).unwrap();
    assert_eq!(teams["validDomains"], serde_json::json!(["localhost:3000"]));
    let resource = format!("api://localhost:3000/{CLIENT_ID}");
    assert_eq!(teams["webApplicationInfo"]["resource"], resource);
}

#[test]
fn the_packages_hold_the_manifest_and_its_icons() {
    for (package, manifest) in [
        ("teams.zip", "teams-manifest.json"),
        ("outlook.zip", "outlook-manifest.json"),
    ] {
        let files = unpacked(&written()[package]);
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["color.png", "de.json", "manifest.json", "outline.png"]
        );
        assert_eq!(files["manifest.json"], written()[manifest]);
        assert_eq!(image(&files["color.png"]).0, 192);
        // Colour type 6 has an alpha channel.
        assert_eq!(image(&files["outline.png"]), (32, 32, 6));
        let german: Value = serde_json::from_slice(&files["de.json"]).unwrap();
        assert!(
            german["description.short"]
                .as_str()
                .unwrap()
                .chars()
                .count()
                <= 80
        );
    }
}

#[test]
fn the_xml_manifest_names_only_what_it_defines_in_the_order_office_asks_for() {
    let xml = text("outlook-manifest.xml");
    assert!(!xml.contains('%'), "a placeholder is left");
    assert!(
        !xml.contains("NestedAppAuth"),
        "it must not stand in an Outlook manifest"
    );
    let order = [
        "<Id>",
        "<Version>",
        "<ProviderName>",
        "<DefaultLocale>",
        "<DisplayName",
        "<Description",
        "<IconUrl",
        "<HighResolutionIconUrl",
        "<SupportUrl",
        "<AppDomains>",
        "<Hosts>",
        "<Requirements>",
        "<FormSettings>",
        "<Permissions>",
        "<Rule ",
        "<DisableEntityHighlighting>",
        "<VersionOverrides ",
    ];
    let places: Vec<usize> = order.iter().map(|it| xml.find(it).expect(it)).collect();
    assert!(places.is_sorted(), "{order:?} are at {places:?}");

    // Each version of the overrides has resources of its own.
    let (outer, inner) = xml.split_once("xsi:type=\"VersionOverridesV1_1\"").unwrap();
    let (_, outer) = outer
        .split_once("xsi:type=\"VersionOverridesV1_0\"")
        .unwrap();
    for overrides in [outer, inner] {
        let places: Vec<usize> = ["<Requirements>", "<Hosts>", "<Resources>"]
            .iter()
            .map(|it| overrides.find(it).expect(it))
            .collect();
        assert!(places.is_sorted());
        let named: HashSet<&str> = attributes(overrides, "resid=\"");
        let defined: HashSet<&str> = attributes(&overrides[places[2]..], " id=\"");
        let missing: Vec<_> = named.difference(&defined).collect();
        assert!(missing.is_empty(), "{missing:?} are not defined");
        assert!(defined.iter().all(|it| it.len() <= 32));
    }
    // Pinning came with version 1.1; 1.0 with it does not validate.
    assert!(!outer.contains("SupportsPinning"));
    assert_eq!(inner.matches("<SupportsPinning>true").count(), 2);
    assert_eq!(inner.matches("<bt:Image size=\"48\" scale=").count(), 3);
    let (web, end) = (
        inner.find("<WebApplicationInfo>"),
        inner.find("</Resources>"),
    );
    assert!(web > end, "WebApplicationInfo comes last");
}

fn attributes<'a>(xml: &'a str, start: &str) -> HashSet<&'a str> {
    (xml.match_indices(start))
        .map(|(at, _)| xml[at + start.len()..].split('"').next().unwrap())
        .collect()
}

#[test]
fn the_json_manifests_follow_microsofts_schema() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/specs");
    let folder = std::env::var_os("TREFOIL_SPECS").map_or(beside, Into::into);
    let schema = folder.join("teams-manifest-schema/MicrosoftTeams.schema.json");
    let Ok(schema) = fs::read(&schema) else {
        eprintln!(
            "NOT CHECKED: {} is not there, so the manifests are not held against it",
            schema.display()
        );
        return;
    };
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    for name in ["teams-manifest.json", "outlook-manifest.json"] {
        let manifest = json(name);
        let mut wrong = Vec::new();
        unknown(&manifest, &schema, &schema, name, &mut wrong);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// What of a value the schema does not know, and what it asks for in vain. The whole of JSON Schema is the peers' work
/// (`tests/peers/manifests.test.mjs`).
fn unknown(value: &Value, schema: &Value, root: &Value, place: &str, wrong: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        return unknown(value, root.pointer(pointer).unwrap(), root, place, wrong);
    }
    match value {
        Value::Object(members) => {
            for required in schema["required"].as_array().into_iter().flatten() {
                if !members.contains_key(required.as_str().unwrap()) {
                    wrong.push(format!("{place} lacks {required}"));
                }
            }
            for (name, member) in members {
                match schema["properties"].get(name) {
                    Some(known) => unknown(member, known, root, &format!("{place}.{name}"), wrong),
                    None if schema["additionalProperties"] == false => {
                        wrong.push(format!("{place}.{name} is not known"));
                    }
                    None => {}
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                unknown(
                    item,
                    &schema["items"],
                    root,
                    &format!("{place}[{index}]"),
                    wrong,
                );
            }
        }
        Value::String(text) => {
            let allowed = schema["enum"].as_array();
            if allowed.is_some_and(|it| !it.contains(value)) {
                wrong.push(format!("{place}: {text} is not one of {allowed:?}"));
            }
            let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
            if text.chars().count() as u64 > longest {
                wrong.push(format!("{place} is longer than {longest}"));
            }
        }
        _ => {}
    }
}

#[test]
fn its_own_files_are_written_anew_and_foreign_ones_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("manifests");
    let manifests = Manifests::of(&settings(EVERYTHING)).unwrap();
    manifests.write(&out).unwrap();
    manifests.write(&out).unwrap();
    let foreign = out.join("manifest.yml");
    fs::write(&foreign, "app: {id: somebody's}\n").unwrap();
    fs::remove_file(out.join("teams.zip")).unwrap();
    let refused = manifests.write(&out).unwrap_err();
    assert!(
        matches!(&refused, Refused::Foreign(path) if *path == foreign),
        "{refused}"
    );
    assert_eq!(
        fs::read_to_string(&foreign).unwrap(),
        "app: {id: somebody's}\n"
    );
    assert!(
        !out.join("teams.zip").exists(),
        "nothing is written when not everything can be"
    );
}

#[tokio::test]
async fn what_the_manifests_name_is_served() {
    let house = given_a_house().await;
    let address = house.gateways[0]
        .url
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let about = client::get(address, "/addins/about", &[]).await;
    assert_eq!(about.status, 200);
    for anchor in ["id=\"privacy\"", "id=\"terms\""] {
        assert!(about.text.contains(anchor), "{anchor}");
    }
    for (pixels, length) in [16, 25, 32, 48, 64, 80, 128, 192].map(|pixels| {
        let image = icons::sized(pixels).expect("it is drawn");
        assert_eq!(self::image(image).0, u32::from(pixels));
        (pixels, image.len())
    }) {
        let icon = client::get(address, &format!("/addins/icons/{pixels}.png"), &[]).await;
        assert_eq!(
            (icon.status, icon.header("content-type")),
            (200, "image/png")
        );
        assert_eq!(icon.header("content-length"), length.to_string());
    }
    let none = client::get(address, "/addins/icons/17.png", &[]).await;
    assert_eq!(none.status, 404);
    // Word for word what an installed site reads.
    let served = client::get(address, "/atlassian-connect.json", &[])
        .await
        .json();
    let descriptor = trefoil::manifests::connect::descriptor(&house.gateways[0].app.settings);
    assert_eq!(Some(served), descriptor);
    house.is_left_clean().await;
}
