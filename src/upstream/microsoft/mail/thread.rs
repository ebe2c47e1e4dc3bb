//! What a mail says of the mails before it: `References` and `In-Reply-To` (RFC 5322 3.6.4).

use super::Message;
use crate::id::MessageId;

/// The most Message-IDs that are taken from a mail's headers: the beginning, which names the conversation, and the
/// end, which names the mails just before.
const MOST: usize = 100;

/// Graph's name of the property with the headers, for `$select`; it comes only when it is named.
pub const HEADERS: &str = "internetMessageHeaders";

/// The mails that a mail says it follows, the first of the conversation first, none twice. Empty when the headers were
/// not read.
pub fn references(message: &Message) -> Vec<MessageId> {
    let mut found: Vec<MessageId> = Vec::new();
    for name in ["References", "In-Reply-To"] {
        for id in header(message, name).flat_map(ids) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    if found.len() > MOST {
        let recent = found.split_off(found.len() - MOST / 2);
        found.truncate(MOST - MOST / 2);
        found.extend(recent);
    }
    found
}

/// The mail that a mail's conversation began with: the first it refers to, else itself. `None` when it has no
/// Message-ID at all, as a draft has none.
pub fn root(message: &Message) -> Option<MessageId> {
    let own = || message.internet_message_id.as_deref()?.parse().ok();
    references(message).into_iter().next().or_else(own)
}

fn header<'m>(message: &'m Message, name: &'static str) -> impl Iterator<Item = &'m str> {
    let headers = message.internet_message_headers.iter().flatten();
    headers
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value.as_str())
}

/// The Message-IDs in a header, with whatever folding, commas and comments are between them.
fn ids(value: &str) -> impl Iterator<Item = MessageId> {
    value.split('<').skip(1).filter_map(|rest| {
        let (inner, _) = rest.split_once('>')?;
        // Long ids are folded over lines by some programs.
        let inner: String = inner.split_whitespace().collect();
        inner.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{references, root};
    use crate::upstream::microsoft::mail::Message;

    fn mail(references: &str, in_reply_to: &str) -> Message {
        serde_json::from_value(json!({
            "id": "AAMk=",
            "internetMessageId": "<own@x>",
            "internetMessageHeaders": [
                { "name": "references", "value": references },
                { "name": "In-Reply-To", "value": in_reply_to },
            ],
        }))
        .unwrap()
    }

    fn names(message: &Message) -> Vec<String> {
        let found = references(message);
        found.iter().map(|it| it.as_str().to_owned()).collect()
    }

    #[test]
    fn references_come_first_and_nothing_comes_twice() {
        let reply = mail("<a@x>\r\n\t<b@x>,<c\r\n @x> junk <", "<b@x> <d@x>");
        assert_eq!(names(&reply), ["<a@x>", "<b@x>", "<c@x>", "<d@x>"]);
        assert_eq!(root(&reply).unwrap().as_str(), "<a@x>");
        assert_eq!(root(&mail("", "<b@x>")).unwrap().as_str(), "<b@x>");
        assert_eq!(root(&mail("", "")).unwrap().as_str(), "<own@x>");
    }

    #[test]
    fn a_long_conversation_keeps_its_beginning_and_its_end() {
        let long: Vec<String> = (0..1_000).map(|n| format!("<{n}@x>")).collect();
        let found = names(&mail(&long.join(" "), ""));
        assert_eq!(found.len(), 100);
        assert_eq!(
            (found[0].as_str(), found[99].as_str()),
            ("<0@x>", "<999@x>")
        );
    }
}
