//! A person's web browser, as far as connecting an account needs one: cookies, redirects and the consent form.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response, redirect};
use url::Url;

/// More redirects than this are a circle.
const MOST_STEPS: usize = 12;

/// A browser with an empty jar.
pub struct Visitor {
    client: Client,
    cookies: BTreeMap<(String, String), String>,
}

/// Where a visit ended.
#[derive(Debug)]
pub struct Landing {
    /// The last address.
    pub url: Url,
    /// Its status.
    pub status: u16,
    /// Its page.
    pub body: String,
}

impl Default for Visitor {
    fn default() -> Self {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .expect("a client without options can be built");
        Self {
            client,
            cookies: BTreeMap::new(),
        }
    }
}

impl Visitor {
    /// Opens an address and follows it to the end; on a consent page signs in as the person and agrees, or does not.
    ///
    /// # Errors
    /// When the network fails, an address is malformed, or the redirects go in a circle.
    pub async fn visit(
        &mut self,
        address: &str,
        handle: &str,
        agrees: bool,
    ) -> Result<Landing, String> {
        let mut url = Url::parse(address).map_err(|error| error.to_string())?;
        let mut form: Option<Vec<(String, String)>> = None;
        for _ in 0..MOST_STEPS {
            let response = self.open(&url, form.take()).await?;
            if let Some(next) = response.headers().get(LOCATION) {
                let next = next.to_str().map_err(|error| error.to_string())?;
                url = url.join(next).map_err(|error| error.to_string())?;
                continue;
            }
            let status = response.status().as_u16();
            let body = response.text().await.map_err(|error| error.to_string())?;
            let Some((action, mut fields)) = consent_form(&body) else {
                return Ok(Landing { url, status, body });
            };
            let decision = match (body.contains(r#"value="allow""#), agrees) {
                (true, true) => "allow",
                (true, false) => "decline",
                (false, true) => "accept",
                (false, false) => "cancel",
            };
            fields.push(("person".to_owned(), handle.to_owned()));
            fields.push(("decision".to_owned(), decision.to_owned()));
            url = url.join(&action).map_err(|error| error.to_string())?;
            form = Some(fields);
        }
        Err(format!("{MOST_STEPS} steps did not lead anywhere"))
    }

    async fn open(
        &mut self,
        url: &Url,
        form: Option<Vec<(String, String)>>,
    ) -> Result<Response, String> {
        let host = url.authority().to_owned();
        let jar: Vec<String> = self
            .cookies
            .iter()
            .filter(|((of, _), _)| *of == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let request = match form {
            Some(fields) => self.client.post(url.clone()).form(&fields),
            None => self.client.get(url.clone()),
        };
        let request = if jar.is_empty() {
            request
        } else {
            request.header(COOKIE, jar.join("; "))
        };
        let response = request.send().await.map_err(|error| error.to_string())?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap_or_default();
            let pair = pair.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies
                    .insert((host.clone(), name.to_owned()), value.to_owned());
            }
        }
        Ok(response)
    }
}

/// The address and hidden fields of a page's form, when it is one that asks for a decision.
fn consent_form(page: &str) -> Option<(String, Vec<(String, String)>)> {
    let form = &page[page.find("<form")?..];
    let form = &form[..form.find("</form>")?];
    if !form.contains(r#"name="decision""#) {
        return None;
    }
    let action = attribute(&form[..form.find('>')?], "action")?;
    let fields = form
        .split("<input")
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .filter(|input| input.contains(r#"type="hidden""#))
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
        .collect();
    Some((action, fields))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..start + tag[start..].find('"')?];
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&#x27;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}
