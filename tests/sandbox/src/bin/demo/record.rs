//! `target/demo.json`, which scripts drive the demo by, and the same for people.

use std::fs;

use sandbox::{Sandbox, entra, jira};
use serde_json::{Map, Value, json};

use super::{gateway::Gateway, options::Demo, service::Service};

const RECORD: &str = "target/demo.json";
const CANARIES: &str = "target/demo-canaries.txt";

/// Writes the record with fresh tokens, at once or not at all.
pub(crate) fn write(
    sandbox: &Sandbox,
    service: &Service,
    beside: &Gateway,
    options: &Demo,
) -> Result<(), String> {
    let at = sandbox.addresses();
    let world = sandbox.world();
    let first = &service.gateways[0];
    let of_each =
        |part: fn(&Gateway) -> Value| service.gateways.iter().map(part).collect::<Value>();
    let tokens: Map<String, Value> = world
        .people()
        .iter()
        .map(|person| {
            let issue = jira::main_issue(person.site);
            let tokens = json!({
                "jira": sandbox.context_token(person.handle, issue),
                "outlook": sandbox.entra_token(person.handle, entra::Host::Outlook),
                "teams": sandbox.entra_token(person.handle, entra::Host::Teams),
            });
            (person.handle.to_owned(), tokens)
        })
        .collect();
    let record = json!({
        "gateway": service.url,
        "admin": first.admin,
        "gateways": of_each(|it| json!(it.url)),
        "admins": of_each(|it| json!(it.admin)),
        "beside": options.also.is_some().then_some(&beside.url),
        "sandbox": {
            "jira": at.jira[0], "graph": at.graph, "login": at.login, "zoom": at.zoom, "control": at.control,
            "jiraSites": at.jira, "zoomDownload": at.zoom_download,
        },
        "hosts": {
            "jiraPanel": panel(sandbox),
            "outlook": format!("{}/outlook?as=alice", at.hosts),
            "teams": format!("{}/teams?as=alice", at.hosts),
        },
        "graphiql": graphiql(sandbox, service),
        "tokens": tokens,
        "issue": {"id": "10042", "key": "DEMO-42"},
        "pid": std::process::id(),
        "gatewayPid": first.child.id(),
        "gatewayPids": of_each(|it| json!(it.child.id())),
        "balancerPid": service.balancer.as_ref().map(|it| it.child.id()),
        "logs": of_each(|it| json!(it.log)),
        "database": options.database,
        "events": options.events,
        "canaries": CANARIES,
    });
    let failed = |error: std::io::Error| format!("cannot write {RECORD}: {error}");
    fs::write(CANARIES, world.canaries().join("\n") + "\n").map_err(failed)?;
    // A script must never read half a record.
    let draft = format!("{RECORD}.new");
    fs::write(&draft, format!("{record:#}\n")).map_err(failed)?;
    fs::rename(&draft, RECORD).map_err(failed)
}

/// Takes the record away: it holds only while the demo runs.
pub(crate) fn remove() {
    fs::remove_file(RECORD).ok();
}

/// What people want to know.
pub(crate) fn summary(sandbox: &Sandbox, service: &Service) -> String {
    let at = sandbox.addresses();
    let gateways: Vec<_> = service.gateways.iter().map(|it| it.url.as_str()).collect();
    let logs: Vec<_> = service.gateways.iter().map(|it| it.log.as_str()).collect();
    let behind = match gateways[..] {
        [_] => String::new(),
        _ => format!(", before {}", gateways.join(" ")),
    };
    format!(
        "\nTrefoil runs at {url}{behind}

  Jira panel   {panel}
  Outlook      {hosts}/outlook?as=alice
  Teams        {hosts}/teams?as=alice
  GraphiQL     {graphiql}

  Alice, Bob, Frank and Ivan are connected to Microsoft and Zoom. Look as Carol to try connecting:
               {jira}/browse/DEMO-42?as=carol
  Sandbox      {control}/requests
  For scripts  {RECORD}
  Log          {log}

Ctrl-C ends it.",
        url = service.url,
        hosts = at.hosts,
        panel = panel(sandbox),
        graphiql = graphiql(sandbox, service),
        jira = at.jira[0],
        control = at.control,
        log = logs.join(" "),
    )
}

fn panel(sandbox: &Sandbox) -> String {
    format!("{}/browse/DEMO-42?as=alice", sandbox.addresses().jira[0])
}

/// The query editor with a token that is good for fifteen minutes.
fn graphiql(sandbox: &Sandbox, service: &Service) -> String {
    let token = sandbox.context_token("alice", "DEMO-42");
    format!("{}/graphiql#scheme=JWT&token={token}", service.url)
}
