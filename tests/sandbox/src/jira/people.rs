//! Users: who I am, who others are, and finding them.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{
    access::{Caller, READ_USER, Site, Who, app_account},
    error::Refusal,
    request::{Parameters, page},
};
use crate::world::Person;

/// A user as other people see them: without the address.
pub(crate) fn user(site: &Site, account: &str) -> Value {
    let base = site.base();
    let (name, kind) = if account == app_account(site.name) {
        ("Trefoil for Jira", "app")
    } else {
        let person = site.world.find(|person| person.account_id == account);
        (
            person.map_or("Former user", |person| person.name),
            "atlassian",
        )
    };
    let avatar = format!("{base}/avatar.svg?of={}", account.replace(':', "%3A"));
    json!({
        "self": format!("{base}/rest/api/3/user?accountId={}", account.replace(':', "%3A")),
        "accountId": account,
        "accountType": kind,
        "avatarUrls": {"48x48": avatar, "24x24": avatar, "16x16": avatar, "32x32": avatar},
        "displayName": name,
        "active": true,
        "timeZone": "Europe/Berlin"
    })
}

/// `GET /myself`.
pub(crate) async fn myself(caller: Caller) -> Result<Json<Value>, Refusal> {
    caller.need(READ_USER)?;
    let mut me = user(&caller.site, &caller.account()?);
    if let Who::Person(person) = &caller.who {
        me["emailAddress"] = json!(person.email);
        me["locale"] = json!("en_GB");
    }
    me["groups"] = json!({"size": 1, "items": []});
    me["applicationRoles"] = json!({"size": 1, "items": []});
    me["expand"] = json!("groups,applicationRoles");
    Ok(Json(me))
}

/// `GET /user`.
pub(crate) async fn one(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    caller.need(READ_USER)?;
    caller.account()?;
    let account = query.get("accountId").unwrap_or_default();
    let found = here(&caller.site).any(|person| person.account_id == account);
    if found {
        Ok(Json(user(&caller.site, account)))
    } else {
        Err(Refusal::new(
            http::StatusCode::NOT_FOUND,
            "Specified user does not exist or you do not have required permissions",
        ))
    }
}

/// `GET /user/bulk`.
pub(crate) async fn bulk(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    caller.need(READ_USER)?;
    caller.account()?;
    let wanted = query.all("accountId");
    if wanted.is_empty() {
        return Err(Refusal::bad("The account ID is required."));
    }
    let found = here(&caller.site)
        .filter(|person| wanted.contains(&person.account_id))
        .map(|person| user(&caller.site, &person.account_id))
        .collect();
    Ok(Json(page("values", found, &query, 10)))
}

/// `GET /user/search`.
pub(crate) async fn search(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    caller.need(READ_USER)?;
    caller.account()?;
    if query.get("query").is_none() && query.get("accountId").is_none() {
        return Err(Refusal::bad(
            "Either query, username, accountId or property must be given.",
        ));
    }
    Ok(Json(found(&caller.site, &query, |_| true)))
}

/// `GET /user/assignable/search`.
pub(crate) async fn assignable(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    caller.need(READ_USER)?;
    let members = caller.read(|content| {
        let project = match (
            query.get("issueKey").or_else(|| query.get("issueId")),
            query.get("project"),
        ) {
            (Some(key), _) => caller.issue(content, key)?.project.to_owned(),
            (None, Some(project)) => project.to_owned(),
            (None, None) => return Err(Refusal::bad("Either issueKey or project must be given.")),
        };
        if !caller.browses(content, &project) {
            return Err(Refusal::new(
                http::StatusCode::NOT_FOUND,
                "No project could be found.",
            ));
        }
        Ok(content
            .project(&project)
            .map(|project| project.members.clone())
            .unwrap_or_default())
    })?;
    Ok(Json(found(&caller.site, &query, |person| {
        members.contains(&person.handle)
    })))
}

/// `GET /user/picker`.
pub(crate) async fn picker(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    caller.need(READ_USER)?;
    caller.account()?;
    let Value::Array(users) = found(&caller.site, &query, |_| true) else {
        return Err(Refusal::bad("The query must be given."));
    };
    let users: Vec<_> = users
        .iter()
        .map(|user| {
            json!({
                "accountId": user["accountId"], "accountType": user["accountType"],
                "displayName": user["displayName"], "avatarUrl": user["avatarUrls"]["24x24"],
                "html": format!("<strong>{}</strong>", user["displayName"].as_str().unwrap_or_default())
            })
        })
        .collect();
    let header = format!("Showing {0} of {0} matching users", users.len());
    Ok(Json(
        json!({"users": users, "total": users.len(), "header": header}),
    ))
}

/// `GET /avatar.svg`: a picture for everybody.
pub(crate) async fn avatar(
    State(site): State<Site>,
    query: Parameters,
) -> ([(&'static str, &'static str); 1], String) {
    let account = query.get("of").unwrap_or_default();
    let initials: String = site
        .world
        .find(|person| person.account_id == account)
        .map_or("?".to_owned(), |person| {
            person
                .name
                .split(' ')
                .filter_map(|name| name.chars().next())
                .collect()
        });
    let hue = account
        .bytes()
        .fold(7_u32, |hue, byte| (hue * 31 + u32::from(byte)) % 360);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\"><circle cx=\"24\" cy=\"24\" r=\"24\" \
         fill=\"hsl({hue} 45% 42%)\"/><text x=\"24\" y=\"30\" font-family=\"system-ui\" font-size=\"17\" \
         text-anchor=\"middle\" fill=\"#fff\">{initials}</text></svg>"
    );
    ([("content-type", "image/svg+xml")], svg)
}

fn here(site: &Site) -> impl Iterator<Item = &Person> {
    let name = site.name;
    site.world
        .people()
        .iter()
        .filter(move |person| person.is_on(name))
}

fn found(site: &Site, query: &Parameters, fits: impl Fn(&Person) -> bool) -> Value {
    let words = query.get("query").unwrap_or_default().to_lowercase();
    let account = query.get("accountId");
    let start = query.number("startAt", 0);
    here(site)
        .filter(|person| account.is_none_or(|account| person.account_id == account))
        .filter(|person| {
            person.name.to_lowercase().contains(&words) || person.email.starts_with(&words)
        })
        .filter(|person| fits(person))
        .skip(start)
        .take(query.number("maxResults", 50))
        .map(|person| user(site, &person.account_id))
        .collect()
}
