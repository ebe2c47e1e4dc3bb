//! Atlassian Document Format to HTML and plain text, by an allow-list: what is unknown gives its children or its text.
//!
//! <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>

use std::fmt::Write as _;

use serde_json::Value;

/// Deeper than this is cut: no editor makes it.
const DEEPEST: usize = 50;
/// More nodes than this are cut.
const MOST_NODES: usize = 20_000;

/// The document as HTML. Every text is escaped; links are http, https or mailto; nothing else survives.
pub fn html(document: &Value) -> String {
    let mut walk = Walk {
        out: String::new(),
        nodes: 0,
    };
    walk.html(document, 0);
    walk.out
}

/// The document as plain text, a line per block.
pub fn text(document: &Value) -> String {
    let mut walk = Walk {
        out: String::new(),
        nodes: 0,
    };
    walk.text(document, 0);
    walk.out.trim().to_owned()
}

struct Walk {
    out: String,
    nodes: usize,
}

impl Walk {
    fn enter(&mut self, depth: usize) -> bool {
        self.nodes += 1;
        depth <= DEEPEST && self.nodes <= MOST_NODES
    }

    fn html(&mut self, node: &Value, depth: usize) {
        if !self.enter(depth) {
            return;
        }
        let attribute = |name: &str| node["attrs"][name].as_str().unwrap_or_default();
        match node["type"].as_str().unwrap_or_default() {
            "text" => self.marked(node),
            "hardBreak" => self.out.push_str("<br>"),
            "rule" => self.out.push_str("<hr>"),
            "paragraph" => self.wrap("p", node, depth),
            "heading" => {
                let level = node["attrs"]["level"].as_u64().unwrap_or(1).clamp(1, 6);
                self.wrap(&format!("h{level}"), node, depth);
            }
            "bulletList" | "taskList" | "decisionList" => self.wrap("ul", node, depth),
            "orderedList" => self.wrap("ol", node, depth),
            "listItem" | "decisionItem" => self.wrap("li", node, depth),
            "taskItem" => {
                let done = attribute("state") == "DONE";
                self.out.push_str(if done { "<li>☑ " } else { "<li>☐ " });
                self.children(node, depth);
                self.out.push_str("</li>");
            }
            "blockquote" | "panel" => self.wrap("blockquote", node, depth),
            "codeBlock" => {
                self.out.push_str("<pre><code>");
                self.children(node, depth);
                self.out.push_str("</code></pre>");
            }
            "table" => self.wrap("table", node, depth),
            "tableRow" => self.wrap("tr", node, depth),
            "tableHeader" => self.wrap("th", node, depth),
            "tableCell" => self.wrap("td", node, depth),
            "inlineCard" | "blockCard" | "embedCard" => {
                self.link(attribute("url"), attribute("url"));
            }
            _ => match leaf(node) {
                Some(words) => escape(&mut self.out, &words),
                None => self.children(node, depth),
            },
        }
    }

    fn children(&mut self, node: &Value, depth: usize) {
        for child in node["content"].as_array().into_iter().flatten() {
            self.html(child, depth + 1);
        }
    }

    fn wrap(&mut self, tag: &str, node: &Value, depth: usize) {
        write!(self.out, "<{tag}>").expect("writing to a String does not fail");
        self.children(node, depth);
        write!(self.out, "</{tag}>").expect("writing to a String does not fail");
    }

    fn link(&mut self, href: &str, words: &str) {
        if !is_safe(href) {
            return escape(&mut self.out, words);
        }
        self.out.push_str("<a href=\"");
        escape(&mut self.out, href);
        self.out.push_str("\">");
        escape(&mut self.out, words);
        self.out.push_str("</a>");
    }

    fn marked(&mut self, node: &Value) {
        let marks = node["marks"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut closing = Vec::new();
        for mark in marks {
            let tag = match mark["type"].as_str().unwrap_or_default() {
                "strong" => "strong",
                "em" => "em",
                "underline" => "u",
                "strike" => "s",
                "code" => "code",
                "subsup" if mark["attrs"]["type"] == "sub" => "sub",
                "subsup" => "sup",
                "link" => {
                    let href = mark["attrs"]["href"].as_str().unwrap_or_default();
                    if is_safe(href) {
                        self.out.push_str("<a href=\"");
                        escape(&mut self.out, href);
                        self.out.push_str("\">");
                        closing.push("a");
                    }
                    continue;
                }
                _ => continue,
            };
            write!(self.out, "<{tag}>").expect("writing to a String does not fail");
            closing.push(tag);
        }
        escape(&mut self.out, node["text"].as_str().unwrap_or_default());
        for tag in closing.into_iter().rev() {
            write!(self.out, "</{tag}>").expect("writing to a String does not fail");
        }
    }

    fn text(&mut self, node: &Value, depth: usize) {
        if !self.enter(depth) {
            return;
        }
        match node["type"].as_str().unwrap_or_default() {
            "text" => self.out.push_str(node["text"].as_str().unwrap_or_default()),
            "hardBreak" => self.out.push('\n'),
            "inlineCard" | "blockCard" | "embedCard" => {
                self.out
                    .push_str(node["attrs"]["url"].as_str().unwrap_or_default());
            }
            kind => {
                if let Some(words) = leaf(node) {
                    self.out.push_str(&words);
                }
                for child in node["content"].as_array().into_iter().flatten() {
                    self.text(child, depth + 1);
                }
                let block = matches!(
                    kind,
                    "paragraph"
                        | "heading"
                        | "codeBlock"
                        | "rule"
                        | "tableRow"
                        | "taskItem"
                        | "decisionItem"
                );
                if block && !self.out.ends_with('\n') {
                    self.out.push('\n');
                }
            }
        }
    }
}

/// What a node without children says.
fn leaf(node: &Value) -> Option<String> {
    let attributes = &node["attrs"];
    match node["type"].as_str()? {
        "mention" => {
            let name = attributes["text"].as_str().unwrap_or_default();
            Some(format!("@{}", name.trim_start_matches('@')))
        }
        "emoji" => attributes["text"]
            .as_str()
            .or(attributes["shortName"].as_str())
            .map(str::to_owned),
        "status" => attributes["text"].as_str().map(str::to_owned),
        "date" => {
            let millis: i64 = attributes["timestamp"].as_str()?.parse().ok()?;
            Some(crate::clock::at(millis).date().to_string())
        }
        "media" | "mediaInline" => {
            let name = attributes["alt"].as_str().unwrap_or("file");
            Some(format!("[{name}]"))
        }
        _ => None,
    }
}

fn is_safe(href: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| {
        href.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

fn escape(out: &mut String, words: &str) {
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{html, text};

    #[test]
    fn a_document_becomes_safe_html_and_text() {
        let document = json!({"version":1,"type":"doc","content":[
            {"type":"heading","attrs":{"level":2},"content":[{"type":"text","text":"Plan <b>"}]},
            {"type":"paragraph","content":[
                {"type":"text","text":"see ","marks":[{"type":"strong"}]},
                {"type":"text","text":"this","marks":[{"type":"link","attrs":{"href":"https://a.example/?a=1&b=\"2"}}]},
                {"type":"hardBreak"},
                {"type":"text","text":"not this","marks":[{"type":"link","attrs":{"href":"JavaScript:alert(1)"}}]},
                {"type":"mention","attrs":{"id":"x","text":"@Ann"}}]},
            {"type":"unknownThing","content":[{"type":"paragraph","content":[{"type":"text","text":"kept"}]}]}]});
        assert_eq!(
            html(&document),
            "<h2>Plan &lt;b&gt;</h2><p><strong>see </strong><a href=\"https://a.example/?a=1&amp;b=&quot;2\">this</a>\
             <br>not this@Ann</p><p>kept</p>"
        );
        assert_eq!(text(&document), "Plan <b>\nsee this\nnot this@Ann\nkept");
    }

    #[test]
    fn a_document_nested_without_end_is_cut() {
        let mut node = json!({"type":"text","text":"deep"});
        for _ in 0..100 {
            node = json!({"type":"blockquote","content":[node]});
        }
        assert!(!html(&node).contains("deep"));
    }
}
