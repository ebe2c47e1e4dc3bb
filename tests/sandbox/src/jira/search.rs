//! Searching with JQL.

use axum::{Json, response::IntoResponse};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    access::{Caller, READ},
    error::Refusal,
    fields::{self, Expand, Wanted},
    jql::{Query, View},
    model::Content,
    request::{Body, Parameters},
};
use crate::world::{digest, hex};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Search {
    jql: String,
    max_results: Option<usize>,
    fields: Vec<String>,
    expand: String,
    properties: Vec<String>,
    next_page_token: Option<String>,
    reconcile_issues: Vec<u64>,
}

/// `POST /search/jql`.
pub(crate) async fn post(
    caller: Caller,
    Body(search): Body<Search>,
) -> Result<Json<Value>, Refusal> {
    run(&caller, &search)
}

/// `GET /search/jql`.
pub(crate) async fn get(caller: Caller, query: Parameters) -> Result<Json<Value>, Refusal> {
    let search = Search {
        jql: query.get("jql").unwrap_or_default().to_owned(),
        max_results: query.get("maxResults").and_then(|most| most.parse().ok()),
        fields: query.all("fields"),
        expand: query.get("expand").unwrap_or_default().to_owned(),
        properties: query.all("properties"),
        next_page_token: query.get("nextPageToken").map(str::to_owned),
        reconcile_issues: Vec::new(),
    };
    run(&caller, &search)
}

/// `POST /search/approximate-count`.
pub(crate) async fn count(
    caller: Caller,
    Body(search): Body<Search>,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let count = caller
        .read(|content| matches(&caller, content, &search.jql))?
        .len();
    Ok(Json(json!({"count": count})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Match {
    issue_ids: Vec<u64>,
    jqls: Vec<String>,
}

/// `POST /jql/match`.
pub(crate) async fn match_issues(
    caller: Caller,
    Body(body): Body<Match>,
) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    let matches: Vec<_> = caller.read(|content| {
        body.jqls
            .iter()
            .map(|jql| match matches(&caller, content, jql) {
                Ok(found) => {
                    let matched: Vec<_> = body
                        .issue_ids
                        .iter()
                        .filter(|id| found.contains(id))
                        .collect();
                    json!({"matchedIssues": matched, "errors": []})
                }
                Err(refusal) => {
                    json!({"matchedIssues": [], "errors": refusal.body["errorMessages"]})
                }
            })
            .collect()
    });
    Ok(Json(json!({"matches": matches})))
}

/// `POST /jql/parse`: says whether queries are well formed; their structure is not spelled out.
pub(crate) async fn parse(Body(body): Body<Value>) -> impl IntoResponse {
    let queries: Vec<_> = body["queries"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|text| match Query::parse(text) {
            Ok(_) => json!({"query": text, "structure": {}}),
            Err(message) => json!({"query": text, "errors": [message]}),
        })
        .collect();
    Json(json!({"queries": queries}))
}

/// `GET` and `POST /search`: removed in favour of `/search/jql` (CHANGE-2046).
pub(crate) async fn removed() -> Refusal {
    Refusal::new(
        http::StatusCode::GONE,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.",
    )
}

fn run(caller: &Caller, search: &Search) -> Result<Json<Value>, Refusal> {
    caller.need(READ)?;
    if search.reconcile_issues.len() > 50 {
        return Err(Refusal::bad("At most 50 issues can be reconciled."));
    }
    if search.properties.len() > 5 {
        return Err(Refusal::bad("At most 5 properties can be asked for."));
    }
    let wanted = Wanted::new(&search.fields, "id");
    let expand = Expand::new(std::slice::from_ref(&search.expand));
    // "The API may return fewer items per page where a large number of fields or properties are requested."
    let most = if wanted.any_field() { 100 } else { 5000 };
    let size = search.max_results.unwrap_or(50).min(most);
    let start = match &search.next_page_token {
        Some(token) => start_of(token, &search.jql).ok_or_else(|| {
            Refusal::bad("The provided next page token is invalid or has expired.")
        })?,
        None => 0,
    };
    caller.read(|content| {
        let now = time::OffsetDateTime::now_utc();
        let mut found = matches(caller, content, &search.jql)?;
        // Searches lag behind; issues named to be reconciled do not.
        found.retain(|id| {
            search.reconcile_issues.contains(id)
                || content
                    .issues
                    .get(id)
                    .is_some_and(|it| it.searchable <= now)
        });
        let issues: Vec<_> = found
            .iter()
            .skip(start)
            .take(size)
            .filter_map(|id| content.issues.get(id))
            .map(|issue| {
                fields::issue(caller, content, issue, &wanted, &expand, &search.properties)
            })
            .collect();
        let end = start + issues.len();
        let mut answer = json!({"issues": issues, "isLast": end >= found.len()});
        if end < found.len() && size > 0 {
            answer["nextPageToken"] = json!(token_for(end, &search.jql));
        }
        if expand.has("names") {
            answer["names"] = fields::names(&wanted);
        }
        if expand.has("schema") {
            answer["schema"] = fields::schema(&wanted);
        }
        Ok(Json(answer))
    })
}

fn matches(caller: &Caller, content: &Content, jql: &str) -> Result<Vec<u64>, Refusal> {
    let query = Query::parse(jql).map_err(|message| Refusal::bad(&message))?;
    if !query.is_bounded() {
        return Err(Refusal::bad(
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        ));
    }
    let browses = |project: &str| caller.browses(content, project);
    let accounts = |name: &str| account(caller, name);
    let is_account = |id: &str| {
        let known = caller.site.world.people().iter();
        known.clone().any(|person| person.account_id == id)
    };
    query
        .run(&View {
            content,
            account: caller.account().unwrap_or_default(),
            browses: &browses,
            accounts: &accounts,
            is_account: &is_account,
        })
        .map_err(|message| Refusal::bad(&message))
}

fn account(caller: &Caller, name: &str) -> Option<String> {
    let person = caller.site.world.find(|person| {
        person.is_on(caller.site.name) && (person.name == name || person.email == name)
    })?;
    Some(person.account_id)
}

/// A page token holds for its query only.
fn token_for(start: usize, jql: &str) -> String {
    BASE64_STANDARD.encode(format!("{start}:{}", hex(&digest("jql", jql)[..8])))
}

fn start_of(token: &str, jql: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok()?;
    let start = text.split(':').next()?.parse().ok()?;
    (token_for(start, jql) == token).then_some(start)
}
