//! Scopes: which resource they belong to, and which only an administrator can grant.

use std::collections::BTreeSet;

use super::refusal::Refusal;
use super::{API_SCOPE, CLIENT_ID};

/// The delegated Graph permissions this app registration knows.
/// <https://learn.microsoft.com/graph/permissions-reference>
const GRAPH: &[&str] = &[
    "User.Read",
    "User.ReadBasic.All",
    "User.RevokeSessions.All",
    "People.Read",
    "Presence.Read",
    "Presence.Read.All",
    "Mail.ReadBasic",
    "Mail.Read",
    "Mail.ReadWrite",
    "Mail.Send",
    "Mail.Read.Shared",
    "Mail.ReadWrite.Shared",
    "Mail.Send.Shared",
    "MailboxSettings.Read",
    "Calendars.ReadBasic",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "Calendars.Read.Shared",
    "OnlineMeetings.Read",
    "OnlineMeetings.ReadWrite",
    "OnlineMeetingArtifact.Read.All",
    "OnlineMeetingRecording.Read.All",
    "OnlineMeetingTranscript.Read.All",
    "Chat.ReadBasic",
    "Chat.Read",
    "Chat.ReadWrite",
    "Chat.Create",
    "ChatMessage.Send",
    "ChatMember.ReadWrite",
    "Team.ReadBasic.All",
    "Channel.ReadBasic.All",
    "ChannelMessage.Read.All",
    "ChannelMessage.Send",
    "Tasks.Read",
    "Tasks.ReadWrite",
];

/// Those of them that need an administrator.
const ADMINISTRATOR_ONLY: &[&str] = &[
    "OnlineMeetingRecording.Read.All",
    "OnlineMeetingTranscript.Read.All",
    "ChatMember.ReadWrite",
    "ChannelMessage.Read.All",
    "User.RevokeSessions.All",
];

const SIGN_IN: &[&str] = &["openid", "profile", "email", "offline_access"];

/// Graph's own name in scopes, whatever host it is served from.
const GRAPH_RESOURCE: &str = "https://graph.microsoft.com";

/// What a token shall be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    Graph,
    /// This app's own API: `api://…/access_as_user`.
    Api,
}

/// The `scope` parameter, understood.
#[derive(Debug, Clone)]
pub struct Asked {
    pub resource: Resource,
    /// Permissions of the resource, short (`Mail.Read`).
    pub permissions: BTreeSet<String>,
    /// `.default`: all that was consented to.
    pub everything: bool,
    /// `openid`, `profile`, `email`, `offline_access`.
    pub sign_in: BTreeSet<String>,
    /// Whether the answer names permissions with their resource, because the question did.
    pub qualified: bool,
}

impl Asked {
    /// Reads a scope parameter; `graph` is the address Graph is served from, which national clouds use as the
    /// resource's name.
    pub fn parse(text: &str, graph: &str) -> Result<Self, Refusal> {
        let mut asked = Self {
            resource: Resource::Graph,
            permissions: BTreeSet::new(),
            everything: false,
            sign_in: BTreeSet::new(),
            qualified: false,
        };
        let mut resources = BTreeSet::new();
        for scope in text.split_whitespace() {
            if let Some(name) = SIGN_IN.iter().find(|it| it.eq_ignore_ascii_case(scope)) {
                asked.sign_in.insert((*name).to_owned());
                continue;
            }
            let (resource, name) = split(scope, graph)?;
            resources.insert(resource == Resource::Api);
            asked.resource = resource;
            asked.qualified |= scope.contains('/');
            if name == ".default" {
                asked.everything = true;
                continue;
            }
            let known = match resource {
                Resource::Graph => GRAPH.iter().find(|it| it.eq_ignore_ascii_case(name)),
                Resource::Api => Some(&API_SCOPE).filter(|it| **it == name),
            };
            let Some(known) = known else {
                return Err(Refusal::new(
                    650_053,
                    format!(
                        "The application 'Trefoil' asked for scope '{name}' that doesn't exist on the resource."
                    ),
                ));
            };
            asked.permissions.insert((*known).to_owned());
        }
        if resources.len() > 1 {
            return Err(Refusal::new(
                28_000,
                "Provided value for the input parameter scope is not valid because it contains more than one resource.",
            ));
        }
        if asked.everything && !asked.permissions.is_empty() {
            return Err(Refusal::new(
                70_011,
                ".default scope can't be combined with resource-specific scopes.",
            ));
        }
        Ok(asked)
    }

    /// The `scope` of the answer.
    pub fn granted(&self, permissions: &BTreeSet<String>) -> String {
        let prefix = match self.resource {
            Resource::Graph if self.qualified => format!("{GRAPH_RESOURCE}/"),
            Resource::Graph => String::new(),
            Resource::Api => format!("api://{CLIENT_ID}/"),
        };
        let permissions = permissions.iter().map(|it| format!("{prefix}{it}"));
        let sign_in = self.sign_in.iter().filter(|it| *it != "offline_access");
        sign_in
            .cloned()
            .chain(permissions)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Whether only an administrator can consent to a permission.
pub fn needs_administrator(permission: &str) -> bool {
    ADMINISTRATOR_ONLY.contains(&permission)
}

fn split<'s>(scope: &'s str, graph: &str) -> Result<(Resource, &'s str), Refusal> {
    let Some((resource, name)) = scope.rsplit_once('/') else {
        return Ok((Resource::Graph, scope));
    };
    let resource = resource.trim_end_matches('/');
    if resource == GRAPH_RESOURCE || resource == graph {
        return Ok((Resource::Graph, name));
    }
    let is_ours = resource == CLIENT_ID
        || resource == format!("api://{CLIENT_ID}")
        || (resource.starts_with("api://") && resource.ends_with(&format!("/{CLIENT_ID}")));
    if is_ours {
        return Ok((Resource::Api, name));
    }
    Err(Refusal::new(
        500_011,
        format!("The resource principal named {resource} was not found in the tenant."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_names_mean_the_same() {
        let asked = Asked::parse(
            "openid offline_access https://graph.microsoft.com/Mail.Read http://g/chat.read",
            "http://g",
        )
        .unwrap();
        assert_eq!(asked.resource, Resource::Graph);
        assert_eq!(
            Vec::from_iter(&asked.permissions),
            ["Chat.Read", "Mail.Read"]
        );
        assert_eq!(
            asked.granted(&asked.permissions),
            "openid https://graph.microsoft.com/Chat.Read https://graph.microsoft.com/Mail.Read"
        );
        let asked = Asked::parse("User.Read", "http://g").unwrap();
        assert_eq!(asked.granted(&asked.permissions), "User.Read");
    }

    #[test]
    fn one_request_is_for_one_resource() {
        let own = format!("api://panel.example/{CLIENT_ID}/access_as_user");
        assert_eq!(Asked::parse(&own, "").unwrap().resource, Resource::Api);
        let code = |text: &str| Asked::parse(text, "").unwrap_err().code;
        assert_eq!(code(&format!("{own} Mail.Read")), 28_000);
        assert_eq!(code("https://other.example/Mail.Read"), 500_011);
        assert_eq!(code("Mail.Frobnicate"), 650_053);
        assert_eq!(
            code("https://graph.microsoft.com/.default Mail.Read"),
            70_011
        );
    }
}
