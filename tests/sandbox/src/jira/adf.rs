//! The Atlassian Document Format: making, checking, and showing it as text and HTML.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>

use std::fmt::Write;

use serde_json::{Value, json};

use crate::world::Person;

const NODES: [&str; 41] = [
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "listItem",
    "taskList",
    "taskItem",
    "decisionList",
    "decisionItem",
    "blockquote",
    "codeBlock",
    "rule",
    "panel",
    "table",
    "tableRow",
    "tableHeader",
    "tableCell",
    "expand",
    "nestedExpand",
    "mediaSingle",
    "mediaGroup",
    "media",
    "caption",
    "layoutSection",
    "layoutColumn",
    "blockCard",
    "embedCard",
    "extension",
    "bodiedExtension",
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "date",
    "status",
    "inlineCard",
    "mediaInline",
    "placeholder",
    "inlineExtension",
    "syncBlock",
    "bodiedSyncBlock",
];

/// A document of blocks.
pub(crate) fn doc(blocks: &[Value]) -> Value {
    json!({"version": 1, "type": "doc", "content": blocks})
}

/// A block that holds other nodes: `paragraph`, `listItem`, `blockquote` and the like.
pub(crate) fn block(kind: &str, content: &[Value]) -> Value {
    json!({"type": kind, "content": content})
}

/// A paragraph of plain text.
pub(crate) fn paragraph(words: &str) -> Value {
    block("paragraph", &[text(words)])
}

/// A heading of a level from 1 to 6.
pub(crate) fn heading(level: u8, words: &str) -> Value {
    json!({"type": "heading", "attrs": {"level": level}, "content": [text(words)]})
}

/// A `bulletList` or `orderedList` of plain lines.
pub(crate) fn list(kind: &str, lines: &[&str]) -> Value {
    let items: Vec<_> = lines
        .iter()
        .map(|line| block("listItem", &[paragraph(line)]))
        .collect();
    block(kind, &items)
}

/// Plain inline text.
pub(crate) fn text(words: &str) -> Value {
    json!({"type": "text", "text": words})
}

/// Inline text with one mark that has no attributes, such as `strong`.
pub(crate) fn marked(words: &str, mark: &str) -> Value {
    json!({"type": "text", "text": words, "marks": [{"type": mark}]})
}

/// Inline text that links somewhere. The format allows any address; readers must choose.
pub(crate) fn link(words: &str, href: &str) -> Value {
    json!({"type": "text", "text": words, "marks": [{"type": "link", "attrs": {"href": href}}]})
}

/// Somebody's name.
pub(crate) fn mention(person: &Person) -> Value {
    json!({"type": "mention", "attrs": {"id": person.account_id, "text": format!("@{}", person.name)}})
}

/// An emoji by its short name and its character.
pub(crate) fn emoji(short_name: &str, character: &str) -> Value {
    json!({"type": "emoji", "attrs": {"shortName": short_name, "text": character}})
}

/// Whether Jira would take this as a document.
pub(crate) fn is_document(value: &Value) -> bool {
    value["type"] == "doc"
        && value["version"] == 1
        && value["content"]
            .as_array()
            .is_some_and(|blocks| blocks.iter().all(|node| is_node(node, true)))
}

fn is_node(node: &Value, top: bool) -> bool {
    let Some(kind) = node["type"].as_str() else {
        return false;
    };
    let inline = matches!(
        kind,
        "text" | "hardBreak" | "mention" | "emoji" | "date" | "status" | "inlineCard"
    );
    let text_is_there =
        kind != "text" || node["text"].as_str().is_some_and(|text| !text.is_empty());
    let children_fit = match &node["content"] {
        Value::Null => true,
        Value::Array(children) => children.iter().all(|child| is_node(child, false)),
        _ => false,
    };
    NODES.contains(&kind) && !(top && inline) && text_is_there && children_fit
}

/// The words of a document, blocks on lines of their own.
pub(crate) fn plain(node: &Value) -> String {
    let mut words = String::new();
    collect(node, &mut words);
    words
}

fn collect(node: &Value, words: &mut String) {
    match node["type"].as_str() {
        Some("text") => words.push_str(node["text"].as_str().unwrap_or_default()),
        Some("mention" | "emoji") => {
            words.push_str(node["attrs"]["text"].as_str().unwrap_or_default());
        }
        Some("hardBreak") => words.push('\n'),
        kind => {
            for child in node["content"].as_array().into_iter().flatten() {
                collect(child, words);
            }
            if kind.is_some_and(|kind| !matches!(kind, "doc" | "listItem")) {
                words.push('\n');
            }
        }
    }
}

/// The HTML Jira's `renderedFields` would hold: not sanitised beyond escaping, so a bad link stays in it.
pub(crate) fn html(node: &Value) -> String {
    let mut out = String::new();
    render(node, &mut out);
    out
}

fn render(node: &Value, out: &mut String) {
    let level = node["attrs"]["level"].as_u64().unwrap_or(1);
    let (open, close): (String, String) = match node["type"].as_str().unwrap_or_default() {
        "text" => return render_text(node, out),
        "hardBreak" => ("<br/>".into(), String::new()),
        "rule" => ("<hr/>".into(), String::new()),
        "mention" => {
            let name = node["attrs"]["text"].as_str().unwrap_or_default();
            let id = node["attrs"]["id"].as_str().unwrap_or_default();
            let (name, id) = (escape(name.trim_start_matches('@')), escape(id));
            write!(
                out,
                "<a href=\"/people/{id}\" class=\"user-hover\" rel=\"{id}\">{name}</a>"
            )
            .expect("a string takes everything");
            return;
        }
        "emoji" => {
            out.push_str(&escape(node["attrs"]["text"].as_str().unwrap_or_default()));
            return;
        }
        "paragraph" => ("<p>".into(), "</p>\n".into()),
        "heading" => (format!("<h{level}>"), format!("</h{level}>\n")),
        "bulletList" => ("<ul>\n".into(), "</ul>\n".into()),
        "orderedList" => ("<ol>\n".into(), "</ol>\n".into()),
        "listItem" => ("<li>".into(), "</li>\n".into()),
        "blockquote" => ("<blockquote>".into(), "</blockquote>\n".into()),
        "codeBlock" => ("<pre class=\"code\">".into(), "</pre>\n".into()),
        "panel" => ("<div class=\"panel\">".into(), "</div>\n".into()),
        "table" => ("<table><tbody>".into(), "</tbody></table>\n".into()),
        "tableRow" => ("<tr>".into(), "</tr>".into()),
        "tableHeader" => ("<th>".into(), "</th>".into()),
        "tableCell" => ("<td>".into(), "</td>".into()),
        _ => (String::new(), String::new()),
    };
    out.push_str(&open);
    for child in node["content"].as_array().into_iter().flatten() {
        render(child, out);
    }
    out.push_str(&close);
}

fn render_text(node: &Value, out: &mut String) {
    let mut words = escape(node["text"].as_str().unwrap_or_default());
    for mark in node["marks"].as_array().into_iter().flatten() {
        words = match mark["type"].as_str().unwrap_or_default() {
            "strong" => format!("<b>{words}</b>"),
            "em" => format!("<em>{words}</em>"),
            "code" => format!("<tt>{words}</tt>"),
            "strike" => format!("<del>{words}</del>"),
            "underline" => format!("<ins>{words}</ins>"),
            "link" => {
                let href = escape(mark["attrs"]["href"].as_str().unwrap_or_default());
                format!("<a href=\"{href}\" class=\"external-link\">{words}</a>")
            }
            _ => words,
        };
    }
    out.push_str(&words);
}

/// Text made safe between tags and in double-quoted attributes.
pub(crate) fn escape(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
