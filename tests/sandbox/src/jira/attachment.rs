//! Files on issues: how large they may be, taking them in as a stream, and handing them out.

use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::{Multipart, Path, State, multipart::MultipartError},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{
    access::{Caller, DELETE, READ, Site, WRITE},
    error::Refusal,
    fields,
    model::Attachment,
    request::Parameters,
};
use crate::{
    recorder::Trace,
    world::{digest, hex},
};

/// The largest file a site takes, in bytes; Jira's own default.
pub(crate) const UPLOAD_LIMIT: u64 = 1_073_741_824;

/// Files up to this size are kept; of larger ones only size and digest are.
const KEPT_BYTES: u64 = 1024 * 1024;

/// `GET /attachment/meta`.
pub(crate) async fn meta(caller: Caller) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let state = caller.site.world.jira();
    let (enabled, limit) = (state.attachments_enabled, state.upload_limit);
    Ok(Json(json!({"enabled": enabled, "uploadLimit": limit})))
}

/// `GET /attachment/{id}`.
pub(crate) async fn describe(caller: Caller, Path(id): Path<u64>) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let found = find(&caller, id)?;
    let mut shown = fields::attachment(&caller.site, &found);
    // This operation, unlike an issue's field, shows the id as a number.
    shown["id"] = json!(id);
    Ok(Json(shown))
}

/// `POST /issue/{issueIdOrKey}/attachments`: takes the parts named `file` without holding large ones in memory.
pub(crate) async fn add(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut parts: Multipart,
) -> Result<Json<Value>, Refusal> {
    caller.need(WRITE)?;
    let author = caller.account()?;
    let checked = headers
        .get("x-atlassian-token")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| matches!(value, "no-check" | "nocheck"));
    if !checked {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "XSRF check failed"));
    }
    caller.read(|content| caller.issue(content, &id).map(|_| ()))?;
    let (enabled, limit) = {
        let state = site.world.jira();
        (state.attachments_enabled, state.upload_limit)
    };
    if !enabled {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Attachments are disabled.",
        ));
    }
    let broken = |error: MultipartError| match error.status() {
        // The stream itself ended too early, which is not a fault of the form.
        StatusCode::INTERNAL_SERVER_ERROR => Refusal::gone(),
        _ => Refusal::bad("The multipart body is not valid."),
    };
    let mut files = Vec::new();
    while let Some(mut part) = parts.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            continue;
        }
        let filename = part.file_name().unwrap_or("file").to_owned();
        let mime_type = part
            .content_type()
            .unwrap_or("application/octet-stream")
            .to_owned();
        let (mut length, mut digest_so_far, mut kept) = (0, Sha256::new(), Vec::new());
        while let Some(chunk) = part.chunk().await.map_err(broken)? {
            length += chunk.len() as u64;
            if length > limit {
                return Err(Refusal::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    &format!("The file exceeds the maximum permitted size of {limit} bytes."),
                ));
            }
            digest_so_far.update(&chunk);
            if length <= KEPT_BYTES {
                kept.extend_from_slice(&chunk);
            }
        }
        files.push(Attachment {
            id: 0,
            filename,
            mime_type,
            size: length,
            sha256: hex(&digest_so_far.finalize()),
            author: author.clone(),
            created: OffsetDateTime::now_utc(),
            content: (length <= KEPT_BYTES).then(|| Bytes::from(kept)),
        });
    }
    if files.is_empty() {
        return Err(Refusal::bad("There is no part named 'file'."));
    }
    if files.len() > 60 {
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "At most 60 files can be uploaded.",
        ));
    }
    let mut shown = Vec::new();
    for mut file in files {
        caller.change(&id, |_, issue, new_id| {
            file.id = new_id;
            shown.push(fields::attachment(&site, &file));
            issue.attachments.push(file);
            Ok(())
        })?;
    }
    Ok(Json(Value::Array(shown)))
}

/// `DELETE /attachment/{id}`.
pub(crate) async fn remove(caller: Caller, Path(id): Path<u64>) -> Result<StatusCode, Refusal> {
    caller.need(DELETE)?;
    let key = holder(&caller, id)?;
    caller.change(&key, |_, issue, _| {
        issue.attachments.retain(|file| file.id != id);
        Ok(())
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /attachment/content/{id}`: sends the reader to the media host, or answers itself with `redirect=false`.
pub(crate) async fn content(
    caller: Caller,
    Path(id): Path<u64>,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    caller.need(READ)?;
    let file = find(&caller, id)?;
    if query.get("redirect") == Some("false") {
        return serve(&file, &headers);
    }
    // Another host name for the same listener, as the media host is another host than the site.
    let host = caller.site.base().replacen("127.0.0.1", "localhost", 1);
    let location = format!("{host}/media/{id}?token={}", media_token(&caller.site, id));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// `GET /media/{id}` on the media host: the signed address is the only right needed.
pub(crate) async fn media(
    State(site): State<Site>,
    Extension(trace): Extension<Trace>,
    Path(id): Path<u64>,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    trace.subject("signed address");
    if query.get("token") != Some(media_token(&site, id).as_str()) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "The signature does not match.",
        ));
    }
    let file = {
        let mut state = site.world.jira();
        let mut issues = state.content(site.name).issues.values();
        issues
            .find_map(|issue| issue.attachments.iter().find(|file| file.id == id))
            .cloned()
    };
    serve(&file.ok_or_else(no_attachment)?, &headers)
}

fn serve(file: &Attachment, headers: &HeaderMap) -> Result<Response, Refusal> {
    let bytes = file.content.clone().ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            "The sandbox keeps size and digest of large files, not their content.",
        )
    })?;
    let length = bytes.len();
    let range = headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok());
    let (status, bytes, range) = match range {
        None => (StatusCode::OK, bytes, None),
        Some(range) => {
            let (first, last) = range
                .strip_prefix("bytes=")
                .and_then(|range| range.split_once('-'))
                .ok_or_else(|| Refusal::bad("The range is malformed."))?;
            let first: usize = first
                .parse()
                .map_err(|_| Refusal::bad("The range is malformed."))?;
            let last = last
                .parse()
                .unwrap_or(length.saturating_sub(1))
                .min(length.saturating_sub(1));
            if first > last || first >= length {
                return Err(Refusal::new(
                    StatusCode::RANGE_NOT_SATISFIABLE,
                    "The range lies outside of the file.",
                ));
            }
            let part = bytes.slice(first..=last);
            (
                StatusCode::PARTIAL_CONTENT,
                part,
                Some(format!("bytes {first}-{last}/{length}")),
            )
        }
    };
    let name = file.filename.replace(['"', '\\'], "_");
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, &file.mime_type)
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        )
        .header(header::ACCEPT_RANGES, "bytes");
    if let Some(range) = range {
        response = response.header(header::CONTENT_RANGE, range);
    }
    response
        .body(Body::from(bytes))
        .map_err(|_| Refusal::bad("The file's name or type cannot be put in a header."))
}

fn find(caller: &Caller, id: u64) -> Result<Attachment, Refusal> {
    caller.read(|content| {
        let visible = content
            .issues
            .values()
            .filter(|issue| caller.browses(content, issue.project));
        visible
            .flat_map(|issue| &issue.attachments)
            .find(|file| file.id == id)
            .cloned()
            .ok_or_else(no_attachment)
    })
}

/// The id of the issue a file hangs on.
fn holder(caller: &Caller, id: u64) -> Result<String, Refusal> {
    caller.read(|content| {
        let mut visible = content
            .issues
            .values()
            .filter(|issue| caller.browses(content, issue.project));
        let holder = visible.find(|issue| issue.attachments.iter().any(|file| file.id == id));
        holder
            .map(|issue| issue.id.to_string())
            .ok_or_else(no_attachment)
    })
}

fn no_attachment() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "The attachment could not be found.")
}

fn media_token(site: &Site, id: u64) -> String {
    hex(&digest("media", &format!("{}/{id}", site.name))[..16])
}
