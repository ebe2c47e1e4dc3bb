//! A message as MIME, as its sender's program would have written it.
//! <https://learn.microsoft.com/graph/outlook-get-mime-message>

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use super::store::{Attachment, Message};

/// The headers, in the order of the mail.
pub fn headers(message: &Message) -> Vec<(&'static str, String)> {
    let value = |name: &str| message.properties.get(name).cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let address = |value: &Value| {
        let address = &value["emailAddress"];
        format!(
            "{} <{}>",
            encoded(&text(&address["name"])),
            text(&address["address"])
        )
    };
    let addresses = |name: &str| {
        let value = value(name);
        let addresses: Vec<String> = value
            .as_array()
            .into_iter()
            .flatten()
            .map(address)
            .collect();
        addresses.join(", ")
    };
    let sent = text(&value("sentDateTime"));
    let date = OffsetDateTime::parse(&sent, &Rfc3339)
        .ok()
        .and_then(|at| at.format(&Rfc2822).ok())
        .unwrap_or(sent);
    let mut headers = vec![
        ("Message-ID", text(&value("internetMessageId"))),
        ("Date", date),
        ("From", address(&value("from"))),
        ("To", addresses("toRecipients")),
    ];
    if !addresses("ccRecipients").is_empty() {
        headers.push(("Cc", addresses("ccRecipients")));
    }
    headers.push(("Subject", encoded(&text(&value("subject")))));
    if let Some(last) = message.references.last() {
        headers.push(("In-Reply-To", last.clone()));
        // Long headers go on in the next line.
        headers.push(("References", message.references.join("\r\n ")));
    }
    headers.push(("MIME-Version", "1.0".to_owned()));
    headers
}

/// The headers as `internetMessageHeaders` shows them.
pub fn shown(message: &Message) -> Value {
    let headers = headers(message).into_iter();
    headers
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

/// The whole message.
pub fn whole(message: &Message) -> String {
    const BOUNDARY: &str = "_004_sandbox";
    let mut out = String::new();
    for (name, value) in headers(message) {
        write!(out, "{name}: {value}\r\n").expect("a string takes everything");
    }
    let html = message.properties["body"]["content"].as_str();
    let body = format!(
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        lines(html.unwrap_or_default().as_bytes())
    );
    if message.attachments.is_empty() {
        return out + &body;
    }
    write!(
        out,
        "Content-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n--{BOUNDARY}\r\n{body}"
    )
    .expect("a string takes everything");
    for attachment in &message.attachments {
        write!(out, "--{BOUNDARY}\r\n{}", part(attachment)).expect("a string takes everything");
    }
    out + &format!("--{BOUNDARY}--\r\n")
}

fn part(attachment: &Attachment) -> String {
    let text = |name: &str| attachment.properties.get(name).and_then(Value::as_str);
    let name = utf8_percent_encode(text("name").unwrap_or_default(), NON_ALPHANUMERIC);
    match text("@odata.type") {
        Some("#microsoft.graph.itemAttachment") => format!(
            "Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n{}\r\n",
            String::from_utf8_lossy(&attachment.content)
        ),
        // A file in the cloud is only its address.
        Some("#microsoft.graph.referenceAttachment") => format!(
            "Content-Type: text/plain\r\nContent-Disposition: attachment; filename*=utf-8''{name}\r\n\r\n{}\r\n",
            text("sourceUrl").unwrap_or_default()
        ),
        _ => {
            let id = text("contentId");
            let id = id.map_or(String::new(), |it| format!("Content-ID: <{it}>\r\n"));
            let how = if attachment.properties["isInline"] == true {
                "inline"
            } else {
                "attachment"
            };
            format!(
                "Content-Type: {}\r\n{id}Content-Disposition: {how}; filename*=utf-8''{name}\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n{}",
                text("contentType").unwrap_or("application/octet-stream"),
                lines(&attachment.content)
            )
        }
    }
}

/// Base64 in lines of 76.
fn lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut out = String::with_capacity(text.len() + text.len() / 38 + 2);
    for start in (0..text.len()).step_by(76) {
        out.push_str(&text[start..text.len().min(start + 76)]);
        out.push_str("\r\n");
    }
    out
}

/// Text as a header may hold it (RFC 2047).
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        format!("=?utf-8?B?{}?=", STANDARD.encode(text))
    }
}
