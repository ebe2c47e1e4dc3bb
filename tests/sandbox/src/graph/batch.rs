//! `POST /$batch`: up to 20 requests in one, each authorised, throttled and struck by faults alone.
//! <https://learn.microsoft.com/graph/json-batching>

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::dispatch;
use super::exchange::{Call, Content, Outcome, Reply};
use super::throttle::{AT_ONCE, Places, mailbox_of};
use crate::entra::Access;
use crate::fault::strike_part;
use crate::recorder::Trace;
use crate::world::World;

const MOST: usize = 20;

#[derive(Debug, Deserialize)]
struct Batch {
    requests: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    depends_on: Vec<String>,
}

/// Answers a batch; `call` is the outer request.
pub async fn answer(world: &Arc<World>, trace: &Trace, call: &Call) -> Outcome {
    let batch = read(call)?;
    for item in &batch.requests {
        trace.part(&item.method, &item.url);
    }
    let (places, full) = take_places(world, call, &batch);
    let mut done: HashMap<String, u16> = HashMap::new();
    let mut answers: Vec<Value> = Vec::new();
    let mut waiting: Vec<&Item> = batch.requests.iter().collect();
    // Each round runs what waits for nothing any more; without dependencies there is one round.
    while !waiting.is_empty() {
        let is_ready = |it: &&Item| {
            it.depends_on
                .iter()
                .all(|id| done.contains_key(&id.to_lowercase()))
        };
        let (ready, rest): (Vec<&Item>, Vec<&Item>) = waiting.into_iter().partition(is_ready);
        waiting = rest;
        let mut parts = Vec::new();
        for item in ready {
            let failed = item
                .depends_on
                .iter()
                .any(|id| done[&id.to_lowercase()] >= 400);
            parts.push(run(world, call, item, failed, &full));
        }
        let round: Vec<(String, u16, Value)> = stream::iter(parts)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (id, status, answer) in round {
            done.insert(id, status);
            answers.push(answer);
        }
    }
    drop(places);
    // The order of answers means nothing, so it is never the order of the questions.
    answers.reverse();
    Ok(Reply::ok(json!({"responses": answers})))
}

fn read(call: &Call) -> Result<Batch, Reply> {
    if call.method != Method::POST {
        return Err(Reply::method_not_allowed());
    }
    let invalid = |message: &str| Reply::bad_request("BadRequest", message);
    let batch: Batch =
        serde_json::from_slice(&call.body).map_err(|_| invalid("Invalid batch payload format."))?;
    if batch.requests.len() > MOST {
        return Err(Reply::bad_request(
            "MaximumValueExceeded",
            &format!("Number of batch request steps exceeds the maximum value of {MOST}."),
        ));
    }
    let mut earlier = HashSet::new();
    for item in &batch.requests {
        let is_known = |id: &String| earlier.contains(&id.to_lowercase());
        if !item.depends_on.iter().all(is_known) {
            return Err(invalid(
                "Invalid batch payload: 'dependsOn' must name earlier requests.",
            ));
        }
        if item.id.is_empty() || !earlier.insert(item.id.to_lowercase()) {
            return Err(invalid(
                "Invalid batch payload: request ids must be present and unique.",
            ));
        }
        let has_type = item
            .headers
            .keys()
            .any(|it| it.eq_ignore_ascii_case("content-type"));
        if item.body.is_some() && !has_type {
            return Err(invalid(
                "Write request id: a 'Content-Type' header is required with a body.",
            ));
        }
    }
    Ok(batch)
}

/// Takes the places the batch needs in each mailbox. Also gives the mailboxes that had none left.
fn take_places(world: &Arc<World>, call: &Call, batch: &Batch) -> (Vec<Places>, HashSet<String>) {
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for item in &batch.requests {
        let item = sub_call(call.access.clone(), item);
        if let Some(mailbox) = mailbox_of(world, &item.segments, &call.access.person.oid) {
            *wanted.entry(mailbox).or_default() += 1;
        }
    }
    let counts_parts = world.graph().limits.count_batch_parts;
    let mut places = Vec::new();
    let mut full = HashSet::new();
    for (mailbox, parts) in wanted {
        // Outlook runs four parts of a batch at a time, and takes the batch as one of its requests.
        let needed = if counts_parts { parts.min(AT_ONCE) } else { 1 };
        match Places::take(world, &mailbox, needed) {
            Ok(taken) => places.push(taken),
            Err(_) => {
                full.insert(mailbox);
            }
        }
    }
    (places, full)
}

async fn run(
    world: &Arc<World>,
    outer: &Call,
    item: &Item,
    failed: bool,
    full: &HashSet<String>,
) -> (String, u16, Value) {
    let id = item.id.to_lowercase();
    let request_id = Uuid::new_v4().to_string();
    let handle = outer.access.person.handle;
    let call = sub_call(outer.access.clone(), item);
    let is_full = mailbox_of(world, &call.segments, &outer.access.person.oid)
        .is_some_and(|it| full.contains(&it));
    let path = format!("/v1.0{}", relative(&item.url));
    if !failed
        && !is_full
        && let Some(struck) = strike_part(world, "graph", &item.method, &path, Some(handle)).await
    {
        let body = serde_json::from_str(&struck.body).unwrap_or_else(|_| json!(struck.body));
        let answer = json!({"id": item.id, "status": struck.status, "headers": struck.headers, "body": body});
        return (id, struck.status, answer);
    }
    let mut reply = if failed {
        Reply::error(
            StatusCode::FAILED_DEPENDENCY,
            "FailedDependency",
            "A request this one depends on has failed.",
        )
    } else if is_full {
        Reply::throttled("Application is over its MailboxConcurrency limit.", 1)
    } else {
        dispatch(world, &call).await.unwrap_or_else(|it| it)
    };
    reply.stamp(&request_id, &request_id);
    let status = reply.status.as_u16();
    (id, status, written(item, reply))
}

fn sub_call(access: Access, item: &Item) -> Call {
    let headers: HeaderMap = item
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(name.as_str()).ok()?;
            Some((name, HeaderValue::from_str(value).ok()?))
        })
        .collect();
    let body = match &item.body {
        None => Bytes::new(),
        // Bodies that are not JSON are base64.
        Some(Value::String(text)) => STANDARD.decode(text).unwrap_or_default().into(),
        Some(json) => json.to_string().into(),
    };
    let method = Method::from_bytes(item.method.to_uppercase().as_bytes()).unwrap_or(Method::GET);
    Call::new(method, relative(&item.url), headers, body, access)
}

/// The address below `/v1.0`, with or without a leading slash.
fn relative(url: &str) -> &str {
    url.trim_start_matches("/v1.0/").trim_start_matches("v1.0/")
}

fn written(item: &Item, reply: Reply) -> Value {
    let mut headers = Map::new();
    headers.insert("Cache-Control".to_owned(), json!("private"));
    for (name, value) in reply.headers.iter() {
        let name = match name.as_str() {
            "content-type" => "Content-Type",
            "retry-after" => "Retry-After",
            "preference-applied" => "Preference-Applied",
            "www-authenticate" => "WWW-Authenticate",
            other => other,
        };
        headers.insert(name.to_owned(), json!(value.to_str().unwrap_or_default()));
    }
    let mut answer = json!({"id": item.id, "status": reply.status.as_u16(), "headers": headers});
    match reply.content {
        Content::Nothing => {}
        Content::Json(body) => answer["body"] = body,
        Content::Bytes(bytes) => answer["body"] = json!(STANDARD.encode(bytes)),
    }
    answer
}
