//! The pages a person sees: consent, refusal, and the form that posts itself back to the app.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use super::refusal::Refusal;
use super::scope::needs_administrator;
use crate::world::Person;

/// What the consent page offers.
pub(super) struct Choice<'c> {
    /// Where the form goes.
    pub action: &'c str,
    pub people: &'c [Person],
    pub preselected: Option<&'c Person>,
    /// Permissions, short.
    pub permissions: &'c [String],
}

/// The consent page: who are you, this is what the app wants, accept or cancel.
pub(super) fn consent(fields: &[(&str, &str)], choice: &Choice<'_>) -> String {
    let hidden = hidden(fields);
    let people = choice
        .people
        .iter()
        .enumerate()
        .map(|(index, person)| {
            let selected = match choice.preselected {
                Some(preselected) => preselected.handle == person.handle,
                None => index == 0,
            };
            format!(
                r#"<label class="person"><input type="radio" name="person" value="{}"{}><span><b>{}</b><br>{}</span></label>"#,
                person.handle,
                if selected { " checked" } else { "" },
                escape(person.name),
                escape(&person.email),
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let permissions = choice
        .permissions
        .iter()
        .map(|it| {
            let note = if needs_administrator(it) {
                " <i>(needs an administrator)</i>"
            } else {
                ""
            };
            format!("<li><code>{}</code>{note}</li>", escape(it))
        })
        .collect::<Vec<_>>()
        .concat();
    layout(
        "Permissions requested",
        &format!(
            r#"<form method="post" action="{action}">{hidden}
<h1>Permissions requested</h1>
<p class="app"><b>Trefoil</b><br>unverified publisher, sandbox</p>
<fieldset><legend>Sign in as</legend>{people}</fieldset>
<p>This app would like to:</p><ul>{permissions}</ul>
<label class="everybody"><input type="checkbox" name="everybody" value="1"> Consent on behalf of your organization (administrators)</label>
<p class="buttons"><button name="decision" value="cancel">Cancel</button>
<button name="decision" value="accept" class="primary">Accept</button></p></form>"#,
            action = escape(choice.action),
        ),
    )
}

/// A page that posts its parameters to the app: `response_mode=form_post`.
pub(super) fn form_post(action: &str, parameters: &[(&str, &str)]) -> String {
    layout(
        "Working...",
        &format!(
            r#"<form method="post" name="hiddenform" action="{}">{}<noscript><button>Continue</button></noscript></form>
<script>document.forms[0].submit()</script>"#,
            escape(action),
            hidden(parameters)
        ),
    )
}

/// Trouble that must not be sent to an address nobody vouches for.
pub(super) fn refusal(refusal: &Refusal) -> Response {
    let body = format!(
        "<h1>Sorry, but we're having trouble signing you in.</h1><p>{}</p>",
        escape(&refusal.description())
    );
    (StatusCode::BAD_REQUEST, Html(layout("Sign in", &body))).into_response()
}

/// For a person who may not grant what the app asks.
pub(super) fn administrator_needed(back: &str, person: &Person) -> Response {
    let body = format!(
        r#"<h1>Need admin approval</h1><p><b>Trefoil</b> needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant permission to this app before you can use it.</p>
<p>{}</p><p>AADSTS90094</p><p><a href="{}">Return to the application without granting consent</a></p>"#,
        escape(&person.email),
        escape(back)
    );
    Html(layout("Need admin approval", &body)).into_response()
}

/// A page with nothing to do.
pub(super) fn plain(title: &str) -> Response {
    Html(layout(title, &format!("<h1>{}</h1>", escape(title)))).into_response()
}

fn hidden(fields: &[(&str, &str)]) -> String {
    fields
        .iter()
        .map(|(name, value)| {
            format!(
                r#"<input type="hidden" name="{}" value="{}">"#,
                escape(name),
                escape(value)
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

fn layout(title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title>
<meta name="viewport" content="width=device-width"><style>
:root {{ color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#eef1f4, #15181c); }}
main {{ width: min(26rem, 92vw); padding: 2rem; box-sizing: border-box; background: light-dark(#fff, #22262b); box-shadow: 0 2px 8px #0003; }}
h1 {{ font-size: 1.35rem; margin: 0 0 .6rem; }} fieldset {{ border: 0; padding: 0; margin: 1rem 0; }}
.person {{ display: flex; gap: .6rem; padding: .35rem 0; }} .app {{ opacity: .8; }}
.buttons {{ display: flex; gap: .6rem; justify-content: flex-end; }}
button {{ font: inherit; padding: .4rem 1.4rem; border: 1px solid #8886; background: none; color: inherit; cursor: pointer; }}
button.primary {{ background: #0f6cbd; border-color: #0f6cbd; color: #fff; }}
</style></head><body><main>{body}</main></body></html>"#,
        escape(title)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
