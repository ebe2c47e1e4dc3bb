//! The bytes: an issue, and the mails, events, chats, tasks and recordings that are linked to it, as the vendors write
//! them when they are asked for the panel's fields.

use std::collections::HashMap;

use axum::body::Bytes;
use serde_json::{Value, json};

/// How many mails an issue has.
pub const MAILS: usize = 20;
/// How many calendar events.
pub const EVENTS: usize = 5;
/// How many chats.
pub const CHATS: usize = 3;
/// How many tasks.
pub const TASKS: usize = 4;
/// How many recorded meetings.
pub const RECORDINGS: usize = 4;

/// What stands between the status of a `$batch` part and its body.
pub const PART_HEADERS: &str = concat!(
    r#","headers":{"Cache-Control":"private","OData-Version":"4.0","Preference-Applied":"IdType=\"ImmutableId\"","#,
    r#""Content-Type":"application/json; odata.metadata=minimal; odata.streaming=true; "#,
    r#"IEEE754Compatible=false; charset=utf-8"},"body":"#,
);

const NAMES: [&str; 5] = [
    "Ada Lindqvist",
    "Benjamin Okafor",
    "Clara Weiß",
    "Dmitri Petrov",
    "Élodie Marchand",
];

/// All answers by name.
pub fn answers() -> HashMap<String, Bytes> {
    let mut answers = HashMap::new();
    let mut put = |name: String, answer: &Value| {
        answers.insert(name, Bytes::from(answer.to_string()));
    };
    put("load-token".to_owned(), &token());
    put("load-issue".to_owned(), &issue());
    for k in 1..=MAILS {
        put(format!("load-mail-{k}"), &mail(k));
    }
    for k in 1..=EVENTS {
        put(format!("load-event-{k}"), &event(k));
    }
    for k in 1..=CHATS {
        put(format!("load-chat-{k}"), &chat(k));
    }
    for k in 1..=TASKS {
        put(format!("load-task-{k}"), &task(k));
    }
    for k in 1..=RECORDINGS {
        put(format!("load-recording-{k}"), &recording(k));
    }
    answers
}

fn name(k: usize) -> &'static str {
    NAMES[k % NAMES.len()]
}

/// An immutable id of Graph is about this long.
fn graph_id(name: &str) -> String {
    format!("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0Ab4d2xgK0HkGjSgq7pVqkCwAB{name:A>60}AAA=")
}

fn token() -> Value {
    json!({ "access_token": "e30.jira-load-token.sig", "expires_in": 3600, "token_type": "Bearer" })
}

fn issue() -> Value {
    let avatars = json!({
        "48x48": "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/5b10/48",
        "24x24": "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/5b10/24",
        "16x16": "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/5b10/16",
        "32x32": "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/5b10/32",
    });
    json!({
        "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
        "id": "10042",
        "self": "https://acme.atlassian.net/rest/api/3/issue/10042",
        "key": "DEMO-42",
        "fields": {
            "summary": "The customer portal signs people out after five minutes",
            "status": {
                "self": "https://acme.atlassian.net/rest/api/3/status/3",
                "description": "This issue is being actively worked on at the moment by the assignee.",
                "iconUrl": "https://acme.atlassian.net/images/icons/statuses/inprogress.png",
                "name": "In Progress", "id": "3",
                "statusCategory": {
                    "self": "https://acme.atlassian.net/rest/api/3/statuscategory/4",
                    "id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress",
                },
            },
            "priority": {
                "self": "https://acme.atlassian.net/rest/api/3/priority/2",
                "iconUrl": "https://acme.atlassian.net/images/icons/priorities/high.svg",
                "name": "High", "id": "2",
            },
            "assignee": {
                "self": "https://acme.atlassian.net/rest/api/3/user?accountId=5b10a2844c20165700ede21g",
                "accountId": "5b10a2844c20165700ede21g", "displayName": name(0), "active": true,
                "timeZone": "Europe/Stockholm", "accountType": "atlassian", "avatarUrls": avatars,
            },
            "updated": "2026-11-20T16:04:11.000+0000",
        },
    })
}

/// A page of one, as a search by Message-ID or iCalendar UID brings it.
fn page(of: &str, item: &Value) -> Value {
    json!({
        "@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#users('6c1f')/{of}"),
        "value": [item],
    })
}

fn mail(k: usize) -> Value {
    let preview = format!(
        "Hello all, this is what we found about sign-in on step {k}: the session cookie ends with the proxy's idle \
         limit and not with ours. Could somebody with access to the load balancer have a look at its settings before \
         we ship on Thursday? Thank you, and a good day to you."
    );
    let id = graph_id(&format!("load-mail-{k}"));
    page(
        "messages",
        &json!({
            "@odata.etag": "W/\"CQAAABYAAABvh3bGArQeQaNKCrulWqQLAAHQ8mZ7\"",
            "id": id,
            "receivedDateTime": format!("2026-11-{:02}T09:{:02}:11Z", 1 + k % 20, k * 2),
            "subject": format!("Re: [DEMO-42] Signed out again, report number {k}"),
            "bodyPreview": preview.chars().take(255).collect::<String>(),
            "hasAttachments": k.is_multiple_of(3),
            "isRead": !k.is_multiple_of(4),
            "webLink": format!(
                "https://outlook.office365.com/owa/?ItemID={}&exvsurl=1&viewmodel=ReadMessageItem",
                id.trim_end_matches('=')
            ),
            "from": { "emailAddress": { "name": name(k), "address": format!("person{k}@acme.example") } },
        }),
    )
}

fn event(k: usize) -> Value {
    let day = 22 + k;
    page(
        "events",
        &json!({
            "@odata.etag": "W/\"b4d2xgK0HkGjSgq7pVqkCwAB0PJmew==\"",
            "id": graph_id(&format!("load-event-{k}")),
            "subject": format!("Sign-in trouble, round {k}"),
            "isOnlineMeeting": k != 2,
            "webLink": format!("https://outlook.office365.com/owa/?itemid=load-event-{k}&exvsurl=1&path=/calendar/item"),
            "start": { "dateTime": format!("2026-11-{day:02}T09:00:00.0000000"), "timeZone": "UTC" },
            "end": { "dateTime": format!("2026-11-{day:02}T09:45:00.0000000"), "timeZone": "UTC" },
            "onlineMeeting": (k != 2).then(|| json!({
                "joinUrl": format!("https://teams.microsoft.com/l/meetup-join/19%3ameeting_load{k}%40thread.v2/0"),
            })),
        }),
    )
}

fn chat(k: usize) -> Value {
    let members: Vec<Value> = (0..4)
        .map(|m| {
            json!({
                "@odata.type": "#microsoft.graph.aadUserConversationMember",
                "id": format!("MCMjMCMjZGNkMjE5ZGQtYmM2OC00YjliLWJmMGItNGEzM2E3OTZiZTM1{k}{m}"),
                "roles": ["owner"],
                "displayName": name(k + m),
                "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
                "userId": format!("0000000{m}-bc68-4b9b-bf0b-4a33a796be35"),
                "email": format!("person{m}@acme.example"),
                "tenantId": "dcd219dd-bc68-4b9b-bf0b-4a33a796be35",
            })
        })
        .collect();
    json!({
        "@odata.context":
            "https://graph.microsoft.com/v1.0/$metadata#chats(topic,chatType,lastUpdatedDateTime,members())/$entity",
        "id": format!("19:load-chat-{k}@thread.v2"),
        "topic": format!("Portal sign-in {k}"),
        "chatType": "group",
        "lastUpdatedDateTime": format!("2026-11-1{k}T14:20:31.51Z"),
        "webUrl": format!("https://teams.microsoft.com/l/chat/19%3Aload-chat-{k}%40thread.v2/0?tenantId=dcd219dd"),
        "members": members,
    })
}

fn task(k: usize) -> Value {
    let status = ["notStarted", "inProgress", "completed", "waitingOnOthers"][k % 4];
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users('6c1f')/todo/lists('load')/tasks/$entity",
        "@odata.etag": "W/\"b4d2xgK0HkGjSgq7pVqkCwAB0PJmew==\"",
        "id": format!("AAMkADload-task-{k}="),
        "title": format!("Ask the proxy's owners, part {k}"),
        "status": status,
        "dueDateTime": { "dateTime": format!("2026-12-0{k}T00:00:00.0000000"), "timeZone": "UTC" },
    })
}

fn recording(k: usize) -> Value {
    let kinds = [
        ("MP4", "shared_screen_with_speaker_view", 72_205_310),
        ("M4A", "audio_only", 9_120_004),
        ("TRANSCRIPT", "audio_transcript", 40_511),
    ];
    let files: Vec<Value> = kinds
        .iter()
        .enumerate()
        .map(|(f, (kind, view, size))| {
            json!({
                "id": format!("72576a1f-4e66-4a77-87c4-f13f9808bd{k}{f}"),
                "meeting_id": format!("load-recording-{k}=="),
                "recording_start": "2026-11-18T05:41:36Z",
                "recording_end": "2026-11-18T06:21:36Z",
                "file_type": kind, "file_extension": kind, "file_size": size,
                "play_url": "https://acme.zoom.us/rec/play/Qg75t7xZBtEbAkjdlgbfdngBBBBQg75t7xZBtEbAkjdlgbfdngBBBB",
                "download_url": "https://acme.zoom.us/rec/download/Qg75t7xZBtEbAkjdlgbfdngBBBBQg75t7xZBtEbAkjdlgbfd",
                "status": "completed", "recording_type": view,
            })
        })
        .collect();
    json!({
        "uuid": format!("load-recording-{k}=="),
        "id": 8_574_605_123_u64 + k as u64,
        "account_id": "Cx3wERazSgup7ZWRHQM8-w",
        "host_id": "_0ctZtY0REqWalTmwvrdIw",
        "topic": format!("Portal sign-in, review {k}"),
        "type": 2,
        "start_time": format!("2026-11-18T0{k}:41:36Z"),
        "timezone": "Europe/Stockholm",
        "duration": 40,
        "total_size": 81_365_825,
        "recording_count": files.len(),
        "share_url": "https://acme.zoom.us/rec/share/Qg75t7xZBtEbAkjdlgbfdngBBBBQg75t7xZBtEbAkjdlgbfdngBBBB",
        "recording_play_passcode": "yNYIS408EJygs7rE5vVsJwXIz4-VW7MH",
        "password": "981651",
        "recording_files": files,
    })
}
