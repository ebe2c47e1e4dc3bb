//! Mail: the threads of the issues, and what else is in a mailbox.

use serde_json::{Value, json};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::{marked, shared_mailbox, user};
use crate::graph::event_edit::plain;
use crate::graph::recurrence::STAMP;
use crate::graph::store::{Attachment, Delivery, Mailbox, Properties, State, User, etag, id};
use crate::world::{World, digest};

const TOPICS: [&str; 6] = [
    "Agenda for the kick-off",
    "Lieferplan und Zuständigkeiten für die Einführung",
    "Budget for the roll-out \u{1f4c8}",
    "Training dates for the Munich office",
    "Open questions before go-live",
    "Protokoll der Abstimmung über die Schulung",
];
const TEXTS: [&str; 5] = [
    "Hi all, please find the plan for next week below. We start on Tuesday at nine.",
    "Vielen Dank für die Rückmeldung! Ich habe die Termine im Kalender angepasst.",
    "The supplier confirmed the delivery; Mara will send the papers by Thursday.",
    "Could somebody from the team check the numbers before I pass them on? \u{1f64f}",
    "Two points are still open: access for the warehouse and the order of the sites.",
];

/// One message to be written.
pub(in crate::graph) struct Letter<'l> {
    /// The Message-ID without its brackets.
    pub(in crate::graph) message_id: &'l str,
    /// What the canaries are named after.
    pub(in crate::graph) label: &'l str,
    pub(in crate::graph) subject: String,
    pub(in crate::graph) thread: &'l str,
    pub(in crate::graph) number: usize,
    pub(in crate::graph) from: User,
    pub(in crate::graph) to: Vec<User>,
    pub(in crate::graph) cc: Vec<User>,
    pub(in crate::graph) at: OffsetDateTime,
}

pub(super) fn seed(world: &World, state: &mut State) {
    let [alice, bob, dan] = ["alice", "bob", "dan"].map(|it| user(world, it));
    for k in 1..=20 {
        let readers: &[&User] = if k <= 12 { &[&alice, &bob] } else { &[&alice] };
        issue_mail(world, state, ("demo", "DEMO", 42), k, readers);
    }
    for n in 51..=100 {
        for k in 1..=10 {
            issue_mail(world, state, ("demo", "DEMO", n), k, &[&alice]);
        }
    }
    for k in 1..=3 {
        issue_mail(world, state, ("ops", "OPS", 1), k, &[&alice, &dan]);
    }
    for (slug, project, handles) in [
        ("glx", "GLX", ["frank", "grace", "heidi"]),
        ("ini", "INI", ["ivan", "judy", "ken"]),
    ] {
        let readers = handles.map(|it| user(world, it));
        let readers: Vec<&User> = readers.iter().collect();
        for n in [1, 2, 42] {
            for k in 1..=4 {
                issue_mail(world, state, (slug, project, n), k, &readers);
            }
        }
    }
    // The same Message-ID in another tenant, with other words: a mix-up of tenants would show.
    for (handle, k) in [("frank", 1), ("frank", 2), ("ivan", 1)] {
        let reader = user(world, handle);
        let message_id = format!("demo-42-{k}@mail.acme.example");
        let label = format!("{handle} mail {message_id}");
        let subject = marked(
            world,
            "External: agenda for the kick-off",
            &format!("{label} subject"),
        );
        let letter = Letter {
            message_id: &message_id,
            label: &label,
            subject,
            thread: &label,
            number: k,
            from: alice.clone(),
            to: vec![reader.clone()],
            cc: Vec::new(),
            at: datetime!(2026-11-10 08:00 UTC),
        };
        deliver(world, state, &[&reader], &letter, &[]);
    }
    for person in world.people() {
        let reader = User::from(person);
        small_talk(world, state, &reader);
        all_hands(world, state, &reader);
    }
    shared(world, state);
}

fn issue_mail(
    world: &World,
    state: &mut State,
    (slug, project, n): (&str, &str, usize),
    k: usize,
    readers: &[&User],
) {
    let first = readers.first().expect("every mail has a reader");
    let site = first.email.split('@').nth(1).unwrap_or_default();
    let message_id = format!("{slug}-{n}-{k}@mail.{site}");
    let label = format!("mail {message_id}");
    // Four messages to a conversation; all of one have its subject.
    let thread = format!("{slug}-{n} thread {}", (k - 1) / 4);
    let topic = TOPICS[(n + (k - 1) / 4) % TOPICS.len()];
    let subject = marked(
        world,
        &format!("{topic} ({project}-{n})"),
        &format!("{thread} subject"),
    );
    let is_reply = !(k - 1).is_multiple_of(4);
    let supplier = User {
        oid: String::new(),
        tid: String::new(),
        name: "Mara König".to_owned(),
        email: "mara.koenig@supplier.example".to_owned(),
    };
    let from = match k % 3 {
        0 => supplier,
        1 => (*first).clone(),
        _ => readers
            .last()
            .map_or_else(|| (*first).clone(), |it| (*it).clone()),
    };
    let minutes = i64::try_from(n * 60 + k * 47).unwrap_or_default();
    let letter = Letter {
        message_id: &message_id,
        label: &label,
        subject: if is_reply {
            format!("RE: {subject}")
        } else {
            subject
        },
        thread: &thread,
        number: k,
        from,
        to: vec![(*first).clone()],
        cc: readers.iter().skip(1).map(|it| (*it).clone()).collect(),
        at: datetime!(2026-11-02 07:30 UTC) + Duration::minutes(minutes),
    };
    let before = (k - (k - 1) % 4)..k;
    let references = before.map(|k| format!("<{slug}-{n}-{k}@mail.{site}>"));
    deliver(
        world,
        state,
        readers,
        &letter,
        &references.collect::<Vec<_>>(),
    );
}

/// One mail to a whole tenant, with words of their own for everybody: whoever gets another's copy would show.
fn all_hands(world: &World, state: &mut State, reader: &User) {
    let site = reader.email.split('@').nth(1).unwrap_or_default();
    let message_id = format!("all-hands-1@mail.{site}");
    let label = format!("{} mail {message_id}", reader.email);
    let subject = format!("All hands: a word to {}", reader.name);
    let from = User {
        oid: String::new(),
        tid: reader.tid.clone(),
        name: "Roll-out Team".to_owned(),
        email: format!("rollout@{site}"),
    };
    let letter = Letter {
        message_id: &message_id,
        label: &label,
        subject: marked(world, &subject, &format!("{label} subject")),
        thread: &label,
        number: 24,
        from,
        to: vec![reader.clone()],
        cc: Vec::new(),
        at: datetime!(2026-11-16 09:00 UTC),
    };
    deliver(world, state, &[reader], &letter, &[]);
}

/// Everybody's own mail that has nothing to do with any issue.
fn small_talk(world: &World, state: &mut State, reader: &User) {
    let subjects = ["Canteen menu", "Your travel request", "Weekly digest"];
    for (k, subject) in subjects.iter().enumerate() {
        let message_id = format!("note-{k}-{}", reader.email);
        let label = format!("mail {message_id}");
        let days = i64::try_from(k).unwrap_or_default();
        let letter = Letter {
            message_id: &message_id,
            label: &label,
            subject: marked(world, subject, &format!("{label} subject")),
            thread: &label,
            number: 21 + k,
            from: reader.clone(),
            to: vec![reader.clone()],
            cc: Vec::new(),
            at: datetime!(2026-10-20 06:00 UTC) + Duration::days(days),
        };
        deliver(world, state, &[reader], &letter, &[]);
    }
}

/// A shared mailbox that alice may read and bob may not.
fn shared(world: &World, state: &mut State) {
    let mailbox = shared_mailbox(world, "acme");
    let alice = user(world, "alice");
    for k in 1..=3 {
        let message_id = format!("rollout-{k}@mail.acme.example");
        let label = format!("mail {message_id}");
        let subject = marked(
            world,
            "Request to the roll-out team (DEMO-42)",
            &format!("{label} subject"),
        );
        let letter = Letter {
            message_id: &message_id,
            label: &label,
            subject,
            thread: &label,
            number: k,
            from: alice.clone(),
            to: vec![mailbox.clone()],
            cc: Vec::new(),
            at: datetime!(2026-11-12 10:00 UTC),
        };
        deliver(world, state, &[&mailbox], &letter, &[]);
    }
    state.shares.insert((mailbox.oid, alice.oid));
}

fn deliver(
    world: &World,
    state: &mut State,
    readers: &[&User],
    letter: &Letter<'_>,
    references: &[String],
) {
    let html = body(world, letter);
    let text = plain(&html);
    for reader in readers {
        let mailbox = state.mailbox_mut(&reader.oid);
        let is_own = letter.from.oid == reader.oid && letter.number <= 20;
        let attachments = attachments(world, mailbox, letter);
        let properties = properties(mailbox, letter, &html, &text, !attachments.is_empty());
        let folder = if is_own { "sentitems" } else { "inbox" };
        let delivery = Delivery {
            text: text.clone(),
            unique: None,
            references: references.to_vec(),
            properties,
            attachments,
        };
        mailbox.deliver(folder, delivery);
    }
}

fn body(world: &World, letter: &Letter<'_>) -> String {
    let text = TEXTS[letter.number % TEXTS.len()];
    let text = marked(world, text, &format!("{} body", letter.label));
    // Exchange takes scripts out, but clients must not trust that it always does.
    let hostile = match letter.number {
        7 => {
            r#"<img src="x" onerror="document.title='stolen'"><a href="javascript:alert(1)">Open</a><script>document.title='stolen'</script>"#
        }
        _ => "",
    };
    format!(
        r#"<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body><p style="font-family:Calibri">{text}</p><p>See <a href="https://acme.example/plan?week=48">the plan</a>.</p><ul><li>Zusagen bis Freitag</li><li>Rückfragen an mich</li></ul>{hostile}<p>Best regards<br>{}</p></body></html>"#,
        letter.from.name
    )
}

/// A message's properties, but for its ids and folder.
pub(in crate::graph) fn properties(
    mailbox: &Mailbox,
    letter: &Letter<'_>,
    html: &str,
    text: &str,
    has_attachments: bool,
) -> Properties {
    let at = letter
        .at
        .format(STAMP)
        .expect("the format has only parts that a time has");
    let at = format!("{}Z", at.trim_end_matches(".0000000"));
    let preview: String = text.chars().take(255).collect();
    let to: Vec<Value> = letter.to.iter().map(User::recipient).collect();
    let cc: Vec<Value> = letter.cc.iter().map(User::recipient).collect();
    let value = json!({
        "createdDateTime": at, "lastModifiedDateTime": at,
        "changeKey": &etag(letter.label)[3..19], "categories": [],
        "receivedDateTime": at, "sentDateTime": at, "hasAttachments": has_attachments,
        "internetMessageId": format!("<{}>", letter.message_id),
        "subject": letter.subject, "bodyPreview": preview,
        "body": {"contentType": "html", "content": html},
        "importance": if letter.number == 2 { "high" } else { "normal" },
        "conversationId": id("AAQkAG", &mailbox.owner.oid, letter.thread),
        "conversationIndex": "AQHcWcN1",
        "isDeliveryReceiptRequested": false, "isReadReceiptRequested": false,
        "isRead": !letter.number.is_multiple_of(4), "isDraft": false,
        "inferenceClassification": "focused",
        "sender": letter.from.recipient(), "from": letter.from.recipient(),
        "toRecipients": to, "ccRecipients": cc, "bccRecipients": [], "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
    });
    value.as_object().cloned().unwrap_or_default()
}

fn attachments(world: &World, mailbox: &mut Mailbox, letter: &Letter<'_>) -> Vec<Attachment> {
    let (name, content_type, kind) = match letter.number {
        2 => ("Agenda.pdf", "application/pdf", "fileAttachment"),
        5 => (
            "Übersicht Budget.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "fileAttachment",
        ),
        9 => ("Earlier mail", "message/rfc822", "itemAttachment"),
        _ => return Vec::new(),
    };
    let mark = world.canary(&format!("graph {} attachment name", letter.label));
    let name = match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem} {mark}.{ending}"),
        None => format!("{name} {mark}"),
    };
    let text = marked(
        world,
        "The attached words.",
        &format!("{} attachment", letter.label),
    );
    let content = if kind == "itemAttachment" {
        format!("Subject: Earlier mail\r\n\r\n{text}\r\n").into_bytes()
    } else {
        // Bytes that are no text, of a size that does not fit one packet.
        let filler = digest("attachment", letter.label).repeat(300);
        [b"%PDF-1.7\n".as_slice(), text.as_bytes(), &filler].concat()
    };
    let properties = json!({
        "@odata.type": format!("#microsoft.graph.{kind}"),
        "@odata.mediaContentType": content_type, "lastModifiedDateTime": "2026-11-09T10:00:00Z",
        "name": name, "contentType": content_type, "size": content.len(), "isInline": false,
    });
    let mut properties = properties.as_object().cloned().unwrap_or_default();
    if kind == "fileAttachment" {
        properties.insert("contentId".to_owned(), Value::Null);
        properties.insert("contentLocation".to_owned(), Value::Null);
    }
    vec![Attachment {
        id: mailbox.new_id(),
        properties,
        content: content.into(),
    }]
}
