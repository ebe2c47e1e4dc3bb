//! The mails people write add-ins for: a conversation in several mailboxes, an offer with files, a support mailbox.

use bytes::Bytes;
use serde_json::{Value, json};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::{file, mail, marked, support_mailbox, user};
use crate::graph::store::{Attachment, Delivery, Mailbox, State, User};
use crate::world::World;

/// A mail as it is sent: who gets it is told when it is delivered.
struct Sent<'s> {
    message_id: &'s str,
    /// Message-IDs before it, the first of the conversation first.
    references: &'s [&'s str],
    thread: &'s str,
    subject: String,
    from: &'s User,
    to: &'s [&'s User],
    cc: &'s [&'s User],
    at: OffsetDateTime,
    /// The body's own part.
    html: String,
    /// The mail it answers, quoted below.
    quoted: Option<String>,
    attachments: Vec<Attached>,
}

/// A file of a mail, before it is in any mailbox.
#[derive(Clone)]
struct Attached {
    kind: &'static str,
    name: String,
    content_type: Option<&'static str>,
    /// Where the body shows it, for pictures.
    content_id: Option<&'static str>,
    content: Bytes,
    /// What Exchange says it takes, which for an attached item is more than its MIME form.
    size: usize,
}

pub(super) fn seed(world: &World, state: &mut State) {
    conversation(world, state);
    offer(world, state);
    support(world, state);
}

/// Two questions of a supplier, answered by three colleagues. Its subject names no issue: only links and references
/// lead to one. Carol joins late and does not have the first mail.
fn conversation(world: &World, state: &mut State) {
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|it| user(world, it));
    let (mara, support) = (mara(), support_mailbox(world));
    let label = |k: usize| format!("mail plan-{k}@mail.acme.example");
    let subject = marked(
        world,
        "Cut-over weekend: two questions",
        "plan thread subject",
    );
    let texts = [
        "Good morning, when do your colleagues in Hamburg switch, and who is on call that weekend?",
        "Hallo Mara, wir stellen am Samstag ab 18 Uhr um. Bob organises the people on call.",
        "I have put the list together: Carol and two colleagues from the service desk.",
        "Bestätigt, ich übernehme die Nacht auf Sonntag. \u{1f44d}",
    ];
    let ids: Vec<String> = (1..=4)
        .map(|k| format!("plan-{k}@mail.acme.example"))
        .collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let senders = [&mara, &alice, &bob, &carol];
    let mut before: Option<String> = None;
    for k in 1..=4 {
        let text = marked(world, texts[k - 1], &format!("{} body", label(k)));
        let html = format!("<p>{text}</p><p>{}</p>", senders[k - 1].name);
        let (to, cc): (&[&User], &[&User]) = match k {
            1 => (&[&alice], &[&bob, &support]),
            2 => (&[&mara], &[&bob, &carol]),
            3 => (&[&alice, &carol], &[&mara]),
            _ => (&[&bob], &[&alice, &mara]),
        };
        let readers: &[&User] = match k {
            1 => &[&alice, &bob, &support],
            _ => &[&alice, &bob, &carol],
        };
        let sent = Sent {
            message_id: ids[k - 1],
            references: &ids[..k - 1],
            thread: "plan",
            subject: match k {
                1 => subject.clone(),
                _ => format!("{} {subject}", if k == 2 { "AW:" } else { "RE:" }),
            },
            from: senders[k - 1],
            to,
            cc,
            at: datetime!(2026-11-17 07:05 UTC)
                + Duration::minutes(50 * i64::try_from(k).unwrap_or_default()),
            html: html.clone(),
            quoted: before.take(),
            attachments: Vec::new(),
        };
        deliver(world, state, readers, &sent);
        before = Some(html);
    }
}

/// An offer with a PDF and a price list, the logos of a signature, a picture in the text, the mail that asked for it
/// and a file in the cloud.
fn offer(world: &World, state: &mut State) {
    let [alice, bob] = ["alice", "bob"].map(|it| user(world, it));
    let mara = mara();
    let label = "mail offer-1@mail.supplier.example";
    let text = marked(
        world,
        "please find our offer attached. Prices hold until 15 December.",
        &format!("{label} body"),
    );
    let asked = marked(
        world,
        "could you send us prices for 40 places, with the sockets in Hamburg?",
        &format!("{label} quoted body"),
    );
    let html = format!(
        "<div style=\"font-family:Calibri;font-size:11pt\"><p>Dear Alice, dear Bob,</p><p>{text}</p>\
         <p>This is how it will look:</p><p><img width=\"200\" height=\"150\" src=\"cid:image003.png@01DC5A00.1B2C3D40\" alt=\"Sketch\"></p>\
         <ul><li>40 places <b>with</b> sockets</li><li>Lieferung bis KW 50</li></ul>\
         <p>Best regards</p><p><b>Mara K&ouml;nig</b><br>Supplier GmbH &middot; +49 40 5550100<br>\
         <img width=\"60\" height=\"20\" src=\"cid:image001.png@01DC5A00.1B2C3D40\" alt=\"Logo\">\
         <img width=\"80\" height=\"40\" src=\"cid:image002.png@01DC5A00.1B2C3D40\" alt=\"Award\"></p></div>"
    );
    let quoted = format!("<p>Hello Mara,</p><p>{asked}</p><p>Alice</p>");
    let name = |stem: &str, part: &str| {
        let canary = world.canary(&format!("graph {label} {part} name"));
        format!("{stem} {canary}")
    };
    let inside = |part: &str, text: &str| marked(world, text, &format!("{label} {part}"));
    let picture = |name: &str, id, content: Bytes| Attached {
        kind: "fileAttachment",
        name: name.to_owned(),
        content_type: Some("image/png"),
        content_id: Some(id),
        size: content.len(),
        content,
    };
    let file = |name: String, content_type, content: Bytes| Attached {
        kind: "fileAttachment",
        name,
        content_type: Some(content_type),
        content_id: None,
        size: content.len(),
        content,
    };
    let enquiry = format!(
        "From: Alice Meyer <{}>\r\nTo: {} <{}>\r\nSubject: Enquiry\r\nMessage-ID: <enquiry-1@mail.acme.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
        alice.email,
        mara.name,
        mara.email,
        inside("item", "Hello Mara, please send us your prices.")
    );
    let sent = Sent {
        message_id: "offer-1@mail.supplier.example",
        references: &["enquiry-1@mail.acme.example"],
        thread: "offer",
        subject: marked(
            world,
            "Angebot 2026-117: sockets for Hamburg",
            &format!("{label} subject"),
        ),
        from: &mara,
        to: &[&alice],
        cc: &[&bob],
        at: datetime!(2026-11-19 13:20 UTC),
        html,
        quoted: Some(quoted),
        attachments: vec![
            file(
                format!("{}.pdf", name("Angebot 2026-117", "pdf")),
                "application/pdf",
                file::pdf(&inside("pdf", "Offer 2026-117"), 240_000),
            ),
            file(
                format!("{}.csv", name("Preisliste Büro", "csv")),
                "text/csv",
                file::csv(&inside("csv", "Prices without VAT"), 4_000),
            ),
            picture(
                "image001.png",
                "image001.png@01DC5A00.1B2C3D40",
                file::png(60, 20, [30, 90, 160]),
            ),
            picture(
                "image002.png",
                "image002.png@01DC5A00.1B2C3D40",
                file::png(80, 40, [150, 110, 20]),
            ),
            picture(
                "image003.png",
                "image003.png@01DC5A00.1B2C3D40",
                file::png(200, 150, [60, 130, 80]),
            ),
            Attached {
                kind: "itemAttachment",
                name: name("Enquiry", "item"),
                content_type: None,
                content_id: None,
                size: enquiry.len() + 6_204,
                content: Bytes::from(enquiry),
            },
            Attached {
                kind: "referenceAttachment",
                name: format!("{}.xlsx", name("Projektplan", "reference")),
                content_type: None,
                content_id: None,
                size: 382,
                content: Bytes::new(),
            },
        ],
    };
    deliver(world, state, &[&alice, &bob], &sent);
}

/// `support@acme.example`, which alice and bob work through: a request, their answer, and one that names an issue.
fn support(world: &World, state: &mut State) {
    let support = support_mailbox(world);
    let jonas = User {
        oid: String::new(),
        tid: String::new(),
        name: "Jonas Winkler".to_owned(),
        email: "jonas.winkler@kunde.example".to_owned(),
    };
    let subjects = [
        "Printer on floor 3 prints blank pages",
        "Printer on floor 3 prints blank pages",
        "When will the roll-out reach us? (DEMO-42)",
    ];
    let texts = [
        "Since Monday the printer next to the kitchen only gives blank pages. Toner is new.",
        "Guten Tag Herr Winkler, ein Kollege kommt heute Nachmittag vorbei.",
        "Hello, is there a date for our office yet? Two of us travel in December.",
    ];
    let mut before = None;
    for k in 1..=3 {
        let message_id = format!("support-{k}@mail.acme.example");
        let label = format!("mail {message_id}");
        let answer = k == 2;
        let thread = if k == 3 { "support-3" } else { "support" };
        let text = marked(world, texts[k - 1], &format!("{label} body"));
        let subject = marked(world, subjects[k - 1], &format!("{thread} subject"));
        let (from, to) = if answer {
            (&support, &jonas)
        } else {
            (&jonas, &support)
        };
        let html = format!("<p>{text}</p><p>{}</p>", from.name);
        let sent = Sent {
            message_id: &message_id,
            references: if answer {
                &["support-1@mail.acme.example"]
            } else {
                &[]
            },
            thread,
            subject: if answer {
                format!("AW: {subject}")
            } else {
                subject
            },
            from,
            to: &[to],
            cc: &[],
            at: datetime!(2026-11-18 08:40 UTC)
                + Duration::hours(2 * i64::try_from(k).unwrap_or_default()),
            html: html.clone(),
            quoted: if answer { before.take() } else { None },
            attachments: Vec::new(),
        };
        deliver(world, state, &[&support], &sent);
        before = Some(html);
    }
    for handle in ["alice", "bob"] {
        let oid = user(world, handle).oid;
        state.shares.insert((support.oid.clone(), oid));
    }
}

/// Somebody outside of every tenant.
fn mara() -> User {
    User {
        oid: String::new(),
        tid: String::new(),
        name: "Mara König".to_owned(),
        email: "mara.koenig@supplier.example".to_owned(),
    }
}

fn deliver(world: &World, state: &mut State, readers: &[&User], sent: &Sent<'_>) {
    const HEAD: &str = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body>";
    // As Outlook writes an answer: a line, the head of the mail before, and its text.
    let quoted = sent.quoted.as_ref().map_or(String::new(), |quoted| {
        let first = sent.to.first().map_or("", |it| it.name.as_str());
        format!(
            "<hr style=\"display:inline-block;width:98%\"><div id=\"divRplyFwdMsg\" dir=\"ltr\"><b>From:</b> {first}<br>\
             <b>Sent:</b> earlier</div><blockquote type=\"cite\">{quoted}</blockquote>"
        )
    });
    let html = format!("{HEAD}{}{quoted}</body></html>", sent.html);
    let unique = format!("{HEAD}{}</body></html>", sent.html);
    for reader in readers {
        let mailbox = state.mailbox_mut(&reader.oid);
        let folder = if sent.from.oid == reader.oid {
            "sentitems"
        } else {
            "inbox"
        };
        let letter = mail::Letter {
            message_id: sent.message_id,
            label: sent.message_id,
            subject: sent.subject.clone(),
            thread: sent.thread,
            number: 1,
            from: sent.from.clone(),
            to: sent.to.iter().map(|it| (*it).clone()).collect(),
            cc: sent.cc.iter().map(|it| (*it).clone()).collect(),
            at: sent.at,
        };
        // Pictures in the text do not count.
        let has_files = sent.attachments.iter().any(|it| it.content_id.is_none());
        let text = crate::graph::event_edit::plain(&html);
        let properties = mail::properties(mailbox, &letter, &html, &text, has_files);
        let attachments = sent
            .attachments
            .iter()
            .map(|it| attached(world, mailbox, it))
            .collect();
        mailbox.deliver(
            folder,
            Delivery {
                text,
                unique: Some(unique.clone()),
                references: sent.references.iter().map(|it| format!("<{it}>")).collect(),
                properties,
                attachments,
            },
        );
    }
}

fn attached(world: &World, mailbox: &mut Mailbox, file: &Attached) -> Attachment {
    let mut properties = json!({
        "@odata.type": format!("#microsoft.graph.{}", file.kind),
        "lastModifiedDateTime": "2026-11-19T13:20:00Z",
        "name": file.name, "contentType": file.content_type, "size": file.size,
        "isInline": file.content_id.is_some(),
    });
    if let Some(kind) = file.content_type {
        properties["@odata.mediaContentType"] = json!(kind);
    }
    match file.kind {
        "fileAttachment" => {
            properties["contentId"] = json!(file.content_id);
            properties["contentLocation"] = Value::Null;
        }
        "referenceAttachment" => {
            let place = world.canary("graph mail offer-1 reference place");
            properties["sourceUrl"] = json!(format!("https://supplier.sharepoint.example/{place}"));
        }
        _ => {}
    }
    Attachment {
        id: mailbox.new_id(),
        properties: properties.as_object().cloned().unwrap_or_default(),
        content: file.content.clone(),
    }
}
