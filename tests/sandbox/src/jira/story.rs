//! The story on the Jira sites: the roll-out at acme and smaller projects elsewhere.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::{
    adf,
    model::{Attachment, Comment, Content, Issue, KINDS, Project, RemoteLink, STATUSES},
    screen::Scheme,
};
use crate::world::{Person, World, hex};

const BEGINNING: OffsetDateTime = datetime!(2026-09-01 07:30 UTC);

const TOPICS: [&str; 20] = [
    "Order laptops for the colleagues in Hamburg",
    "Datenschutz-Folgenabschätzung prüfen und freigeben",
    "Move the shared mailbox to the new tenant",
    "Agree the cut-over weekend with Operations",
    "Schulungsunterlagen für die Außenstellen übersetzen",
    "Sign-in loop on the meeting room displays",
    "Pilot group: collect feedback from week one 🙂",
    "Update the phone list on the intranet",
    "Badge readers refuse cards issued after July",
    "Vertrag mit dem Rechenzentrum verlängern",
    "Write the runbook for the service desk",
    "Calendar shows meetings one hour late",
    "Retire the old file server in Zürich",
    "Prepare the steering committee's slides",
    "Printers on floor 3 lose their queue",
    "Invite the works council to the demo",
    "Budgetfreigabe für Phase zwei einholen",
    "Check licences before the next invoice",
    "Decide who owns the onboarding checklist",
    "Fire drill: evacuation route for building B 🔥",
];

/// The content of one site at the beginning.
pub(crate) fn content(world: &World, site: &'static str) -> Content {
    let everyone = || {
        world
            .people()
            .iter()
            .filter(|person| person.site == site)
            .map(|person| person.handle)
    };
    let project =
        |id, key: &'static str, name: &str, members: Vec<&'static str>, first_id, scheme| {
            let part = |what: &str, place: usize, name: &str| {
                let canary = world.canary(&format!("jira/{site}/{key}/{what}/{place}"));
                (
                    format!("{}", 10_200 + first_id / 100 + place as u64),
                    format!("{name} {canary}"),
                )
            };
            Project {
                id,
                key,
                name: format!(
                    "{name} {}",
                    world.canary(&format!("jira/{site}/{key}/name"))
                ),
                lead: (scheme == Scheme::Operations).then(|| members[0]),
                members,
                first_id,
                scheme,
                components: vec![
                    part("component", 0, "Network"),
                    part("component", 1, "Büro"),
                ],
                versions: vec![
                    part("version", 2, "First wave"),
                    part("version", 3, "Second wave"),
                ],
            }
        };
    let (projects, sizes) = match site {
        "acme" => (
            vec![
                project(
                    "10000",
                    "DEMO",
                    "Roll-out",
                    everyone().filter(|handle| *handle != "erin").collect(),
                    10_000,
                    Scheme::RollOut,
                ),
                project(
                    "10001",
                    "OPS",
                    "Operations",
                    vec!["alice", "dan"],
                    20_000,
                    Scheme::Operations,
                ),
                project(
                    "10002",
                    "ARC",
                    "Archive",
                    vec!["alice", "bob"],
                    25_000,
                    Scheme::ReadOnly,
                ),
            ],
            vec![120, 30, 3],
        ),
        "globex" => (
            vec![
                project(
                    "10000",
                    "GLX",
                    "Globex Relocation",
                    everyone().collect(),
                    10_000,
                    Scheme::Relocation,
                ),
                // The key of acme's project, and so the keys of its issues, for those who belong to both sites.
                project(
                    "10001",
                    "DEMO",
                    "Move to acme's tools",
                    vec!["dan", "erin"],
                    20_000,
                    Scheme::Plain,
                ),
            ],
            vec![40, 45],
        ),
        _ => (
            vec![project(
                "10000",
                "INI",
                "Initech Reports",
                everyone().collect(),
                10_000,
                Scheme::Plain,
            )],
            vec![40],
        ),
    };
    let mut content = Content {
        next_id: 30_000,
        ..Content::default()
    };
    for (project, size) in projects.iter().zip(sizes) {
        for number in 1..=size {
            let issue = issue(world, site, project, number, &mut content);
            content.issues.insert(issue.id, issue);
        }
    }
    content.projects = projects;
    content
}

fn issue(
    world: &World,
    site: &str,
    project: &Project,
    number: u64,
    content: &mut Content,
) -> Issue {
    let key = format!("{}-{number}", project.key);
    let canary = |part: &str| world.canary(&format!("jira/{site}/{key}/{part}"));
    let main = key == "DEMO-42" && site == "acme";
    let pick = usize::try_from(number).expect("a small number");
    let members: Vec<Person> = project
        .members
        .iter()
        .map(|handle| world.person(handle))
        .collect();
    let member = |place: usize| &members[place % members.len()];
    let created = BEGINNING + Duration::hours(7 * i64::try_from(number).expect("a small number"));
    let topic = if main {
        "Kick-off for the roll-out"
    } else {
        TOPICS[(pick * 7 + project.key.len()) % TOPICS.len()]
    };
    let comments = if main { 6 } else { pick % 4 };
    let said =
        |place: usize| created + Duration::hours(3 + 20 * i64::try_from(place).expect("small"));
    let comments: Vec<_> = (0..comments)
        .map(|place| Comment {
            id: content.new_id(),
            author: member(place + pick + 1).account_id.clone(),
            body: comment_body(
                place,
                member(place + pick),
                &canary(&format!("comment/{place}")),
            ),
            created: said(place),
            updated: said(place),
            properties: BTreeMap::new(),
        })
        .collect();
    let attachments = if main { 3 } else { usize::from(pick % 5 == 0) };
    let attachments: Vec<_> = (0..attachments)
        .map(|place| {
            let name = ["plan.txt", "agenda.md", "guests.csv"][place];
            let body = format!(
                "{topic}\n{}\n",
                canary(&format!("attachment/{place}/content"))
            );
            file(
                content.new_id(),
                format!("{}-{name}", canary(&format!("attachment/{place}/name"))),
                ["text/plain", "text/markdown", "text/csv"][place],
                Bytes::from(body),
                member(place).account_id.clone(),
                created + Duration::hours(2),
            )
        })
        .collect();
    let links = if main {
        vec![remote_link(content.new_id(), &canary("remotelink"))]
    } else {
        Vec::new()
    };
    let reporter = member(if main { 1 } else { pick + 1 }).account_id.clone();
    let updated = comments.last().map_or(created, |comment| comment.created);
    Issue {
        id: project.first_id + number,
        project: project.key,
        number,
        kind: &KINDS[pick % KINDS.len()],
        status: if main {
            &STATUSES[1]
        } else {
            &STATUSES[pick % STATUSES.len()]
        },
        priority: pick % 5,
        summary: format!("{topic} {}", canary("summary")),
        description: if main {
            main_description(member(1), &canary("description"))
        } else {
            plain_description(topic, member(pick + 1), &canary("description"))
        },
        assignee: (main || pick % 6 != 0)
            .then(|| member(if main { 0 } else { pick }).account_id.clone()),
        reporter: reporter.clone(),
        creator: reporter.clone(),
        labels: vec![["roll-out", "büro", "infrastructure"][pick % 3].to_owned()],
        due: (pick % 3 == 0).then(|| format!("2026-12-{:02}", 1 + pick % 28)),
        more: BTreeMap::new(),
        created,
        updated,
        searchable: created,
        comments,
        attachments,
        worklogs: Vec::new(),
        links,
        watchers: std::iter::once(reporter)
            .chain((pick % 9 == 0).then(|| member(0).account_id.clone()))
            .collect(),
        properties: BTreeMap::new(),
    }
}

/// A file as it is kept, with its size and digest.
pub(crate) fn file(
    id: u64,
    filename: String,
    mime_type: &str,
    content: Bytes,
    author: String,
    created: OffsetDateTime,
) -> Attachment {
    Attachment {
        id,
        filename,
        mime_type: mime_type.to_owned(),
        size: content.len() as u64,
        sha256: hex(&Sha256::digest(&content)),
        author,
        created,
        content: Some(content),
    }
}

fn remote_link(id: u64, canary: &str) -> RemoteLink {
    RemoteLink {
        id,
        global_id: Some("system=https://wiki.acme.example&id=roll-out".to_owned()),
        body: serde_json::json!({
            "application": {"type": "com.acme.wiki", "name": "Acme Wiki"},
            "relationship": "documented by",
            "object": {
                "url": "https://wiki.acme.example/roll-out",
                "title": format!("Roll-out handbook {canary}"),
                "icon": {},
                "status": {"icon": {}}
            }
        }),
    }
}

fn main_description(lead: &Person, canary: &str) -> Value {
    adf::doc(&[
        adf::heading(2, "What this is about"),
        adf::block(
            "paragraph",
            &[
                adf::text("The roll-out starts in Hamburg. "),
                adf::mention(lead),
                adf::text(" leads it; the "),
                adf::marked("first wave", "strong"),
                adf::text(" is 40 people. Viel Erfolg! "),
                adf::emoji(":rocket:", "🚀"),
            ],
        ),
        adf::list(
            "bulletList",
            &[
                "Invite the teams",
                "Agree the dates",
                "Räume buchen für Köln & Zürich",
            ],
        ),
        adf::list("orderedList", &["Pilot", "First wave", "Everyone else"]),
        adf::block(
            "paragraph",
            &[
                adf::text("See the "),
                adf::link("handbook", "https://wiki.acme.example/roll-out"),
                adf::text(", ask "),
                adf::link("the desk", "mailto:desk@acme.example"),
                adf::text(", and never press "),
                // Valid by the format's schema: a reader that shows documents must drop the address itself.
                adf::link("this", "javascript:alert(document.domain)"),
                adf::text("."),
            ],
        ),
        serde_json::json!({"type": "codeBlock", "attrs": {"language": "text"},
            "content": [{"type": "text", "text": "wave=1 <script>alert(1)</script>"}]}),
        adf::block(
            "paragraph",
            &[
                adf::marked("Reference:", "em"),
                adf::text(" "),
                adf::marked(canary, "code"),
            ],
        ),
    ])
}

fn plain_description(topic: &str, person: &Person, canary: &str) -> Value {
    adf::doc(&[
        adf::paragraph(&format!("{topic}: please have a look before Friday.")),
        adf::block(
            "paragraph",
            &[
                adf::mention(person),
                adf::text(" knows the background. "),
                adf::marked(canary, "code"),
            ],
        ),
    ])
}

fn comment_body(place: usize, person: &Person, canary: &str) -> Value {
    const LINES: [&str; 6] = [
        "I have sent the invitation; two people are still missing.",
        "Das klären wir am besten im Termin am Donnerstag.",
        "The recording is there, the notes follow tonight 📝",
        "Can we move this to next week? The room is taken.",
        "Erledigt, danke für die schnelle Rückmeldung!",
        "Numbers are in the attached list.",
    ];
    adf::doc(&[adf::block(
        "paragraph",
        &[
            adf::mention(person),
            adf::text(&format!(" {} ", LINES[place % LINES.len()])),
            adf::marked(canary, "em"),
        ],
    )])
}
