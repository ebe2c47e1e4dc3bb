//! Remote links and properties of issues.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    access::{Caller, DELETE, READ, Site, WRITE},
    error::Refusal,
    model::{Issue, RemoteLink},
    request::{Body, Parameters},
};

/// `GET /issue/{issueIdOrKey}/remotelink`: all links, or with a `globalId` that one.
pub(crate) async fn list(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let base = caller.site.base();
    caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let Some(global_id) = query.get("globalId") else {
            return Ok(Json(
                issue
                    .links
                    .iter()
                    .map(|link| shown(&base, issue, link))
                    .collect(),
            ));
        };
        let mut links = issue.links.iter();
        links
            .find(|link| link.global_id.as_deref() == Some(global_id))
            .map(|link| Json(shown(&base, issue, link)))
            .ok_or_else(|| {
                let message = format!("No remote link with the globalId {global_id} was found.");
                Refusal::new(StatusCode::NOT_FOUND, &message)
            })
    })
}

/// `POST /issue/{issueIdOrKey}/remotelink`: 201 for a new link, 200 for a changed one of the same `globalId`.
pub(crate) async fn put(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    Body(body): Body<Value>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    caller.need(WRITE)?;
    for field in ["url", "title"] {
        if body["object"][field].as_str().is_none_or(str::is_empty) {
            return Err(Refusal::field(
                &format!("object.{field}"),
                &format!("'{field}' is required."),
            ));
        }
    }
    let global_id = body["globalId"].as_str().map(str::to_owned);
    if global_id.as_ref().is_some_and(|id| id.len() > 255) {
        return Err(Refusal::field(
            "globalId",
            "The globalId is longer than 255 characters.",
        ));
    }
    let (status, link_id, issue_id) = caller.change(&id, |_, issue, new_id| {
        let same = |link: &&mut RemoteLink| global_id.is_some() && link.global_id == global_id;
        if let Some(link) = issue.links.iter_mut().find(same) {
            link.body = body;
            return Ok((StatusCode::OK, link.id, issue.id));
        }
        issue.links.push(RemoteLink {
            id: new_id,
            global_id: global_id.clone(),
            body,
        });
        Ok((StatusCode::CREATED, new_id, issue.id))
    })?;
    let address = format!(
        "{}/rest/api/3/issue/{issue_id}/remotelink/{link_id}",
        site.base()
    );
    Ok((status, Json(json!({"id": link_id, "self": address}))))
}

/// `DELETE /issue/{issueIdOrKey}/remotelink?globalId=`.
pub(crate) async fn remove(
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Result<StatusCode, Refusal> {
    caller.need(DELETE)?;
    let global_id = query
        .get("globalId")
        .ok_or_else(|| Refusal::field("globalId", "'globalId' is required."))?;
    let removed = caller.change(&id, |_, issue, _| {
        let before = issue.links.len();
        issue
            .links
            .retain(|link| link.global_id.as_deref() != Some(global_id));
        Ok(before - issue.links.len())
    })?;
    if removed > 0 {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "The remote link was not found.",
        ))
    }
}

/// `GET /issue/{issueIdOrKey}/properties`.
pub(crate) async fn property_keys(
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let base = caller.site.base();
    caller.read(|content| {
        let issue = caller.issue(content, &id)?;
        let keys: Vec<_> = issue
            .properties
            .keys()
            .map(|key| json!({"key": key, "self": format!("{base}/rest/api/3/issue/{}/properties/{key}", issue.id)}))
            .collect();
        Ok(Json(json!({"keys": keys})))
    })
}

/// `GET /issue/{issueIdOrKey}/properties/{propertyKey}`.
pub(crate) async fn property(
    caller: Caller,
    Path((id, key)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    caller.read(|content| {
        let value = caller
            .issue(content, &id)?
            .properties
            .get(&key)
            .ok_or_else(no_property)?;
        Ok(Json(json!({"key": key, "value": value})))
    })
}

/// `PUT /issue/{issueIdOrKey}/properties/{propertyKey}`: 201 for a new one, 200 for a changed one.
pub(crate) async fn set_property(
    caller: Caller,
    Path((id, key)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    caller.need(WRITE)?;
    let value: Value = serde_json::from_slice(&body)
        .map_err(|_| Refusal::bad("The property value must be valid JSON."))?;
    if key.len() > 255 {
        return Err(Refusal::bad(
            "The property key is longer than 255 characters.",
        ));
    }
    if body.len() > 32_768 {
        return Err(Refusal::bad(
            "The property value is longer than 32768 characters.",
        ));
    }
    let before = caller.change(&id, |_, issue, _| Ok(issue.properties.insert(key, value)))?;
    Ok(if before.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    })
}

/// `DELETE /issue/{issueIdOrKey}/properties/{propertyKey}`.
pub(crate) async fn remove_property(
    caller: Caller,
    Path((id, key)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    caller.need(DELETE)?;
    caller
        .change(&id, |_, issue, _| Ok(issue.properties.remove(&key)))?
        .ok_or_else(no_property)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn no_property() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "The property was not found.")
}

fn shown(base: &str, issue: &Issue, link: &RemoteLink) -> Value {
    let mut shown = json!({
        "id": link.id,
        "self": format!("{base}/rest/api/3/issue/{}/remotelink/{}", issue.id, link.id),
        "application": link.body.get("application").cloned().unwrap_or_else(|| json!({})),
        "object": link.body["object"],
    });
    if let Some(global_id) = &link.global_id {
        shown["globalId"] = json!(global_id);
    }
    if let Some(relationship) = link.body.get("relationship") {
        shown["relationship"] = relationship.clone();
    }
    shown
}
