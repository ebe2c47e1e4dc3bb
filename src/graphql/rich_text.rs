//! Rich text: whatever a provider has, as safe HTML and as plain text.

use std::sync::LazyLock;

use ammonia::Builder;
use async_graphql::SimpleObject;
use serde_json::Value;

use super::scalar::Html;
use crate::upstream::jira::adf;
use crate::upstream::microsoft::Body;

/// Text with formatting.
#[derive(Debug, Clone, SimpleObject)]
pub struct RichText {
    /// Sanitised HTML.
    html: Html,
    /// The same without any markup.
    text: String,
}

/// No images either: one that loads tells its sender that the mail was read, and by whom.
static SAFE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .rm_tags(["img", "map", "area"])
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer"));
    builder
});

/// No tags at all.
static BARE: LazyLock<Builder<'static>> = LazyLock::new(Builder::empty);

impl RichText {
    /// From Jira: Atlassian Document Format, or a plain string.
    pub fn from_jira(value: &Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(Self::from_text(text)),
            document => Some(Self {
                html: Html(SAFE.clean(&adf::html(document)).to_string()),
                text: adf::text(document),
            }),
        }
    }

    /// From Graph: a mail's, task's or chat message's body.
    pub fn from_body(body: &Body) -> Option<Self> {
        let content = body.content.as_deref()?;
        let is_html = body
            .content_type
            .as_deref()
            .is_some_and(|it| it.eq_ignore_ascii_case("html"));
        Some(if is_html {
            Self::from_html(content)
        } else {
            Self::from_text(content)
        })
    }

    fn from_html(html: &str) -> Self {
        Self {
            html: Html(SAFE.clean(html).to_string()),
            text: bare(html),
        }
    }

    fn from_text(text: &str) -> Self {
        let escaped = ammonia::clean_text(text).replace('\n', "<br>");
        Self {
            html: Html(SAFE.clean(&escaped).to_string()),
            text: text.to_owned(),
        }
    }
}

/// The words of an HTML document, a line per block.
fn bare(html: &str) -> String {
    let clean = SAFE.clean(html).to_string();
    let mut lined = clean;
    for end in [
        "<br>",
        "</p>",
        "</div>",
        "</li>",
        "</tr>",
        "</h1>",
        "</h2>",
        "</h3>",
        "</blockquote>",
    ] {
        lined = lined.replace(end, &format!("{end}\n"));
    }
    let words = BARE.clean(&lined).to_string();
    let words = words
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    let mut text = String::new();
    for line in words.lines().map(str::trim) {
        if line.is_empty() && (text.is_empty() || text.ends_with("\n\n")) {
            continue;
        }
        text.push_str(line);
        text.push('\n');
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::RichText;
    use crate::upstream::microsoft::Body;

    #[test]
    fn a_hostile_mail_body_becomes_harmless() {
        let body = Body {
            content_type: Some("html".into()),
            content: Some(
                "<style>p{}</style><p onclick='x()'>Hallo &amp; <b>Grüße</b></p><img src=https://spy.example/1.gif>\
                 <a href='javascript:x()'>bad</a> <a href='https://ok.example'>good</a><script>alert(1)</script>"
                    .into(),
            ),
        };
        let text = RichText::from_body(&body).unwrap();
        assert_eq!(
            text.html.0,
            "<p>Hallo &amp; <b>Grüße</b></p><a rel=\"noopener noreferrer\">bad</a> \
             <a href=\"https://ok.example\" rel=\"noopener noreferrer\">good</a>"
        );
        assert_eq!(text.text, "Hallo & Grüße\nbad good");
    }
}
