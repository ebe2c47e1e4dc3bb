//! The configuration: layers, refusals by name, secrets that never show.

use trefoil::config::{DocumentsMode, Loaded, Settings};

/// The least that starts.
const LEAST: &str = "secret.keys = [\"k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]";

fn with(lines: &str) -> String {
    format!("{LEAST}\n{lines}")
}

fn refusal(lines: &str) -> String {
    Settings::parse(&with(lines)).unwrap_err().to_string()
}

fn variables(given: &[(&str, &str)]) -> Result<Loaded, trefoil::config::Invalid> {
    let given = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Loaded::from_layers(Some(("trefoil.toml", LEAST)), given)
}

#[test]
fn the_defaults_start_with_nothing_but_a_key() {
    let settings = Settings::parse(LEAST).unwrap();
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.documents.mode, DocumentsMode::Trusted);
    assert!(settings.jira.connect.is_none() && settings.zoom.is_none());
    assert!(!settings.server.introspection && !settings.server.graphiql);
    assert_eq!((settings.limits.depth, settings.limits.cost), (10, 560));
}

#[test]
fn a_missing_key_shows_the_command_that_makes_one() {
    let said = Settings::parse("").unwrap_err().to_string();
    assert!(said.contains("secret.keys"), "{said}");
    assert!(
        said.contains("echo \"k1:$(openssl rand -base64 32)\""),
        "{said}"
    );
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_valid_one() {
    let said = refusal("limits.dept = 3");
    assert!(
        said.contains("`limits.dept`") && said.contains("`limits.depth`"),
        "{said}"
    );
    let said = refusal("zoom.client_secret_fil = 'x'");
    assert!(said.contains("`zoom.client_secret_file`"), "{said}");
    let said = refusal("jira.data_center.main.bas_url = 'x'");
    assert!(said.contains("`jira.data_center.main.base_url`"), "{said}");
    let said = variables(&[("TREFOIL__SERVER__LISTN", "x")])
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("TREFOIL__SERVER__LISTN") && said.contains("`server.listen`"),
        "{said}"
    );
}

#[test]
fn every_problem_is_told_at_once_with_its_full_name_and_what_would_be_right() {
    let said =
        refusal("limits.depth = 'deep'\nserver.graphiql = 1\ndocuments.mode = 4\nlimits.cost = 0");
    for expected in [
        "`limits.depth`",
        "a whole number",
        "`server.graphiql`",
        "true or false",
        "`documents.mode`",
        "`trusted` or `any`",
        "`limits.cost`",
    ] {
        assert!(said.contains(expected), "{expected} is not in {said}");
    }
    let said = refusal("server.listen = 'here'");
    assert!(
        said.contains("`server.listen`") && said.contains("127.0.0.1:8080"),
        "{said}"
    );
    let said = refusal("[zoom]\nclient_id = 'z'");
    assert!(said.contains("`zoom.client_secret` is missing"), "{said}");
}

#[test]
fn a_public_address_is_https_unless_it_is_this_machine() {
    assert!(refusal("server.public_url = 'http://trefoil.example.com'").contains("https"));
    assert!(refusal("server.public_url = 'https://trefoil.example.com/x'").contains("path"));
    for fine in [
        "http://localhost:1",
        "http://[::1]:1",
        "https://trefoil.example.com",
    ] {
        Settings::parse(&with(&format!("server.public_url = '{fine}'"))).unwrap();
    }
}

#[test]
fn variables_win_over_the_file_and_take_their_setting_s_shape() {
    let loaded = variables(&[
        ("TREFOIL__LIMITS__DEPTH", "7"),
        ("TREFOIL__SERVER__INTROSPECTION", "true"),
        ("TREFOIL__MICROSOFT__CLIENT_ID", "12345"),
        ("TREFOIL__MICROSOFT__CLIENT_SECRET", "67890"),
        ("TREFOIL__MICROSOFT__SCOPES", "User.Read, Mail.Read"),
        ("TREFOIL__JIRA__CONNECT__APP_KEY", "io.trefoil"),
        ("TREFOIL__JIRA__CONNECT__ALLOWED_HOSTS", "[\"localhost\"]"),
        ("UNRELATED", "x"),
    ])
    .unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.limits.depth, 7);
    assert!(settings.server.introspection);
    let microsoft = settings.microsoft.as_ref().unwrap();
    assert_eq!(microsoft.client_id, "12345");
    assert_eq!(microsoft.scopes, ["User.Read", "Mail.Read"]);
    assert_eq!(
        microsoft.graph_url.as_str(),
        "https://graph.microsoft.com/v1.0"
    );
    assert_eq!(
        settings.jira.connect.as_ref().unwrap().allowed_hosts,
        ["localhost"]
    );
}

#[test]
fn a_secret_may_be_a_file_but_not_both() {
    let folder = std::env::temp_dir().join(format!("trefoil-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("secret");
    std::fs::write(&file, "from the file\n").unwrap();
    let both = format!(
        "[zoom]\nclient_id = 'z'\nclient_secret_file = '{}'",
        file.display()
    );
    let settings = Settings::parse(&with(&both)).unwrap();
    let secret =
        secrecy::ExposeSecret::expose_secret(&settings.zoom.unwrap().client_secret).to_owned();
    assert_eq!(secret, "from the file");
    assert!(refusal(&format!("{both}\nclient_secret = 'x'")).contains("both"));
    assert!(
        refusal("[zoom]\nclient_id = 'z'\nclient_secret_file = '/nowhere'").contains("/nowhere")
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn no_secret_shows_in_debug_in_the_effective_configuration_or_in_a_refusal() {
    let canary = "kanarienvogel";
    let lines = format!(
        "database.url = 'postgres://u:{canary}@h/d'\nevents.url = 'nats://{canary}@h'\n\
         [zoom]\nclient_id = 'z'\nclient_secret = '{canary}'\nwebhook_secrets = ['{canary}']"
    );
    let loaded = Loaded::from_layers(Some(("f", &with(&lines))), []).unwrap();
    let shown = format!("{loaded}{:?}", loaded.settings);
    assert!(!shown.contains(canary), "{shown}");
    assert!(!shown.contains("AAAAAAAA"), "{shown}");
    assert!(shown.contains("zoom.client_id = \"z\"  # f"), "{shown}");
    assert!(shown.contains("zoom.client_secret = \"***\""), "{shown}");
    for wrong in [
        format!("zoom.client_secret = ['{canary}']"),
        format!("zoom.client_secret = '{canary}' x"),
    ] {
        let said = refusal(&wrong);
        assert!(!said.contains(canary), "{said}");
    }
}

#[test]
fn every_setting_is_explained_in_the_default_file() {
    let text = include_str!("../../config.default.toml");
    let mut section = String::new();
    let mut seen = Vec::new();
    let mut before = "";
    for line in text.lines() {
        let bare = line.trim_start_matches("# ");
        if let Some(name) = bare.strip_prefix('[') {
            section = name.trim_end_matches(']').replace(".main", ".*");
        } else if let Some((key, _)) = bare.split_once(" = ") {
            assert!(before.starts_with('#'), "{key} has no sentence before it");
            seen.push(format!("{section}.{key}"));
        }
        before = line;
    }
    let known: Vec<String> = trefoil::config::names().map(str::to_owned).collect();
    assert_eq!(seen, known);
}
