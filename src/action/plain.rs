//! A mail's HTML to plain text: blocks become lines, lists keep their signs, quoted parts stand behind `>`, and links
//! show where they lead.

use std::fmt::Write as _;
use std::sync::LazyLock;

use ammonia::Builder;

/// What has a shape in plain text. Everything else gives its words, but for scripts and styles.
static SHAPED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(
            [
                "p",
                "br",
                "div",
                "li",
                "ul",
                "ol",
                "blockquote",
                "a",
                "tr",
                "td",
                "th",
                "table",
                "hr",
                "h1",
                "h2",
                "h3",
                "h4",
                "h5",
                "h6",
                "pre",
            ]
            .into(),
        )
        .add_tag_attributes("a", ["href"])
        .clean_content_tags(["script", "style", "title", "head"].into())
        .url_schemes(["http", "https"].into())
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(None);
    builder
});

/// The words of an HTML document.
pub fn text(html: &str) -> String {
    let clean = SHAPED.clean(html).to_string();
    let mut page = Page::default();
    let mut rest = clean.as_str();
    while let Some(at) = rest.find('<') {
        page.words(&rest[..at]);
        let (tag, after) = tag(&rest[at + 1..]);
        match tag.strip_prefix('/') {
            Some(name) => page.close(name.trim()),
            None => page.open(tag),
        }
        rest = after;
    }
    page.words(rest);
    page.whole()
}

/// A tag without its brackets, and what comes behind it. A bracket within quotes does not end it.
fn tag(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

#[derive(Default)]
struct Page {
    lines: Vec<String>,
    line: String,
    /// Whether the line holds nothing but the sign of a list.
    sign: bool,
    quotes: usize,
    /// The lists around, with the number of the next item where they count.
    lists: Vec<Option<u32>>,
    /// Where the link around leads, and where its words began.
    link: Option<(String, usize)>,
    preformatted: usize,
}

impl Page {
    fn words(&mut self, escaped: &str) {
        let words = unescape(escaped);
        if self.preformatted > 0 {
            for (index, line) in words.split('\n').enumerate() {
                if index > 0 {
                    self.end_line();
                }
                self.line.push_str(line);
            }
            self.sign &= words.trim().is_empty();
            return;
        }
        for (index, word) in words.split([' ', '\t', '\n', '\r']).enumerate() {
            if index > 0 && !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
            self.line.push_str(word);
            self.sign &= word.is_empty();
        }
    }

    fn open(&mut self, tag: &str) {
        match tag.split([' ', '/']).next().unwrap_or_default() {
            "br" => self.break_line(),
            "a" => {
                let href = tag
                    .split_once("href=\"")
                    .and_then(|(_, rest)| rest.split('"').next());
                self.link = href.map(|href| (unescape(href), self.line.len()));
            }
            "td" | "th" => self.words(" "),
            "div" | "tr" => self.end_block(),
            "ul" => {
                self.begin_list();
                self.lists.push(None);
            }
            "ol" => {
                self.begin_list();
                self.lists.push(Some(1));
            }
            "li" => {
                self.end_line();
                self.line = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let sign = format!("{number}. ");
                        *number += 1;
                        sign
                    }
                    _ => "- ".to_owned(),
                };
                self.sign = true;
            }
            "blockquote" => {
                self.gap();
                self.quotes += 1;
            }
            "pre" => {
                self.gap();
                self.preformatted += 1;
            }
            _ => self.gap(),
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "br" | "td" | "th" | "hr" => {}
            "a" => {
                if let Some((href, begun)) = self.link.take() {
                    let words = self.line.get(begun..).unwrap_or_default().trim();
                    let bare = href
                        .trim_start_matches("https://")
                        .trim_start_matches("http://");
                    // An address that is shown is not said twice.
                    if !words.contains(bare.trim_end_matches('/')) && !words.is_empty() {
                        write!(self.line, " ({href})").expect("writing to a String does not fail");
                    }
                }
            }
            "div" | "tr" | "li" => self.end_line(),
            "ul" | "ol" => {
                self.end_line();
                self.lists.pop();
                self.gap();
            }
            "blockquote" => {
                self.end_line();
                self.quotes = self.quotes.saturating_sub(1);
                self.gap();
            }
            "pre" => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.gap();
            }
            _ => self.gap(),
        }
    }

    fn begin_list(&mut self) {
        if self.lists.is_empty() {
            self.gap();
        } else {
            self.end_line();
        }
    }

    /// Ends a block that begins another right behind it; the sign of a list stays with the words it belongs to.
    fn end_block(&mut self) {
        if !self.sign {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let sign = std::mem::take(&mut self.sign);
        let line = line.trim_end();
        if line.is_empty() || sign {
            return;
        }
        self.lines
            .push(format!("{}{line}", "> ".repeat(self.quotes)));
    }

    /// A break that somebody put there: two of them are an empty line.
    fn break_line(&mut self) {
        if self.line.trim().is_empty() && !self.sign {
            self.empty_line();
        } else {
            self.end_line();
        }
    }

    /// An empty line, but for the beginning and within lists.
    fn gap(&mut self) {
        if self.sign {
            return;
        }
        self.end_line();
        if self.lists.is_empty() {
            self.empty_line();
        }
    }

    fn empty_line(&mut self) {
        self.line.clear();
        let signs = ">".repeat(self.quotes);
        let Some(last) = self.lines.last_mut() else {
            return;
        };
        if !last.trim_matches(['>', ' ']).is_empty() {
            self.lines.push(signs);
        } else if last.len() > signs.len() {
            // Behind the end of a quotation an empty line is outside of it.
            *last = signs;
        }
    }

    fn whole(mut self) -> String {
        self.end_line();
        self.lines
            .join("\n")
            .trim_end_matches(['\n', '>', ' '])
            .to_owned()
    }
}

fn unescape(text: &str) -> String {
    text.replace("&nbsp;", " ")
        .replace('\u{a0}', " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn a_mail_keeps_its_shape_as_text() {
        let html = "<html><head><style>p{}</style><title>no</title></head><body>\
            <p style='x'>Hello&nbsp;all,<br>  second\n line &amp; &lt;b&gt;</p><div>one</div><div>two</div>\
            <ul><li>Zusagen <b>bis</b> Freitag</li><li><p>see <a href=\"https://acme.example/plan?a=1&amp;b=2\">the plan</a></p></li></ul>\
            <ol><li>a<ul><li>b</li></ul></li><li>c</li></ol><p><a href='https://acme.example/'>acme.example</a> \
            <a href='javascript:x()'>bad</a><img src=x onerror=y><script>alert(1)</script></p>\
            <blockquote><p>From: Bob</p><p>earlier<br>words</p><blockquote>older</blockquote></blockquote><p>Best regards<br>Alice</p></body></html>";
        assert_eq!(
            text(html),
            "Hello all,\nsecond line & <b>\n\none\ntwo\n\n- Zusagen bis Freitag\n- see the plan (https://acme.example/plan?a=1&b=2)\n\n\
             1. a\n- b\n2. c\n\nacme.example bad\n\n> From: Bob\n>\n> earlier\n> words\n>\n> > older\n\nBest regards\nAlice"
        );
    }

    #[test]
    fn what_is_broken_gives_its_words() {
        assert_eq!(text("a < b <p>c"), "a < b\n\nc");
        assert_eq!(text("<p></p><ul><li></li></ul><br><br>"), "");
        assert_eq!(text("<pre>a\n  b</pre>"), "a\n  b");
        assert_eq!(
            text("<a href=\"https://x.example/?q=%22>\">y</a>"),
            "y (https://x.example/?q=%22>)"
        );
    }
}
