//! Reading and writing issues, and who may.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Stage;

#[tokio::test]
async fn only_the_fields_asked_for_are_shown() {
    let stage = Stage::new().await;
    let (_, issue) = stage
        .get("alice", "/issue/demo-42?fields=summary,status")
        .await;
    let fields: Vec<_> = issue["fields"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["status", "summary"]);
    let (_, all) = stage.get("alice", "/issue/10042").await;
    assert!(
        all["fields"]["description"]["type"] == "doc" && all["fields"]["comment"]["total"] == 6
    );
    let (_, without) = stage
        .get(
            "alice",
            "/issue/10042?fields=*all,-description&fields=-comment",
        )
        .await;
    assert!(
        without["fields"].get("description").is_none()
            && without["fields"].get("comment").is_none()
    );
    let (_, found) = stage
        .post("alice", "/search/jql", json!({"jql": "key = DEMO-42"}))
        .await;
    assert_eq!(found, json!({"issues": [{"id": "10042"}], "isLast": true}));
}

#[tokio::test]
async fn an_issue_is_not_there_for_whom_it_is_not_meant() {
    let stage = Stage::new().await;
    assert_eq!(stage.get("dan", "/issue/OPS-1?fields=summary").await.0, 200);
    for (handle, key) in [
        ("bob", "OPS-1"),
        ("erin", "DEMO-42"),
        ("frank", "DEMO-42"),
        ("bob", "DEMO-999"),
    ] {
        assert_eq!(
            stage.get(handle, &format!("/issue/{key}")).await.0,
            404,
            "{handle} {key}"
        );
    }
    // The same id is another issue on another site.
    let (_, glx) = stage.get("frank", "/issue/10001?fields=summary").await;
    assert_eq!(glx["key"], "GLX-1");
    let fetch = json!({"issueIdsOrKeys": ["OPS-1", "DEMO-3", "10002"], "fields": ["summary"]});
    let (_, fetched) = stage.post("bob", "/issue/bulkfetch", fetch).await;
    let ids: Vec<_> = fetched["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| &issue["id"])
        .collect();
    assert_eq!(ids, ["10002", "10003"], "in the order of ids");
    assert_eq!(fetched["issueErrors"][0]["id"], "OPS-1");
}

#[tokio::test]
async fn a_search_goes_from_page_to_page() {
    let stage = Stage::new().await;
    let mut search =
        json!({"jql": "project = DEMO order by key", "maxResults": 50, "fields": ["summary"]});
    let mut keys = Vec::new();
    loop {
        let (status, page) = stage.post("alice", "/search/jql", search.clone()).await;
        assert_eq!(status, 200);
        keys.extend(
            page["issues"]
                .as_array()
                .unwrap()
                .iter()
                .map(|issue| issue["key"].clone()),
        );
        assert_eq!(page["isLast"], json!(page.get("nextPageToken").is_none()));
        match page.get("nextPageToken") {
            Some(token) => search["nextPageToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(keys.len(), 120);
    let unbounded = json!({"jql": "order by key"});
    assert_eq!(stage.post("alice", "/search/jql", unbounded).await.0, 400);
    let foreign = json!({"jql": "project = OPS", "nextPageToken": "NTA6YWJj"});
    assert_eq!(stage.post("alice", "/search/jql", foreign).await.0, 400);
}

#[tokio::test]
async fn what_is_written_can_be_read() {
    let stage = Stage::new().await;
    let document = json!({"version": 1, "type": "doc", "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "Hello"}]}]});
    let (status, _) = stage
        .post("bob", "/issue/DEMO-42/comment", json!({"body": document}))
        .await;
    assert_eq!(status, 201);
    assert_eq!(
        stage
            .post("bob", "/issue/DEMO-42/comment", json!({"body": "Hello"}))
            .await
            .0,
        400
    );
    let (_, comments) = stage
        .get(
            "alice",
            "/issue/DEMO-42/comment?startAt=6&expand=renderedBody",
        )
        .await;
    assert_eq!(
        (&comments["total"], &comments["comments"][0]["renderedBody"]),
        (&json!(7), &json!("<p>Hello</p>\n"))
    );

    let fields = json!({"project": {"key": "DEMO"}, "issuetype": {"id": "10001"}, "summary": "New", "description": document});
    let (status, made) = stage.post("bob", "/issue", json!({"fields": fields})).await;
    assert_eq!((status, &made["key"]), (201, &json!("DEMO-121")));
    let text = json!({"fields": {"project": {"key": "DEMO"}, "issuetype": {"id": "10001"}, "summary": "New", "description": "text"}});
    assert_eq!(stage.post("bob", "/issue", text).await.0, 400);

    let done = json!({"transition": {"id": "41"}});
    assert_eq!(
        stage
            .post("bob", "/issue/DEMO-121/transitions", done)
            .await
            .0,
        204
    );
    let carol = stage.sandbox.world().person("carol").account_id;
    let (status, _) = stage
        .call(
            "bob",
            Method::PUT,
            "/issue/DEMO-121/assignee",
            Some(json!({"accountId": carol})),
        )
        .await;
    assert_eq!(status, 204);
    let (_, issue) = stage
        .get("bob", "/issue/DEMO-121?fields=status,assignee,resolution")
        .await;
    assert_eq!(issue["fields"]["status"]["name"], "Done");
    assert_eq!(issue["fields"]["assignee"]["displayName"], "Carol Diaz");

    let link = json!({"globalId": "a&b", "object": {"url": "https://example.com", "title": "T"}});
    assert_eq!(
        stage
            .post("bob", "/issue/DEMO-1/remotelink", link.clone())
            .await
            .0,
        201
    );
    assert_eq!(
        stage.post("bob", "/issue/DEMO-1/remotelink", link).await.0,
        200
    );
    assert_eq!(
        stage
            .get("bob", "/issue/DEMO-1/remotelink?globalId=a%26b")
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn an_upload_needs_its_header_and_its_measure() {
    let stage = Stage::new().await;
    let address = format!("{}/rest/api/3/issue/DEMO-42/attachments", stage.base());
    let bearer = stage.bearer("alice").await;
    let send = |checked: bool, size: usize| {
        let part = reqwest::multipart::Part::bytes(vec![7; size]).file_name("recording.mp4");
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = stage
            .client
            .post(&address)
            .bearer_auth(&bearer)
            .multipart(form);
        let request = if checked {
            request.header("x-atlassian-token", "no-check")
        } else {
            request
        };
        async move { request.send().await.unwrap() }
    };
    assert_eq!(send(false, 10).await.status(), 403);
    let answer: Value = send(true, 3_000_000).await.json().await.unwrap();
    assert_eq!(answer[0]["size"], 3_000_000);
    let digests = stage
        .sandbox
        .world()
        .jira()
        .attachment_digests("acme", "DEMO-42");
    assert_eq!(digests["recording.mp4"].len(), 64);
    stage.sandbox.world().jira().upload_limit = 100;
    assert_eq!(send(true, 101).await.status(), 413);
}

#[tokio::test]
async fn an_upload_that_is_broken_off_is_no_exchange_and_leaves_no_file() {
    let stage = Stage::new().await;
    let bearer = stage.bearer("alice").await;
    let world = stage.sandbox.world();
    world.exchanges().keep(true);
    world.clear_requests();
    let host = stage.base().replace("http://", "");
    let mut connection = TcpStream::connect(&host).await.unwrap();
    let form =
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"half.mp4\"\r\n\r\nhalf";
    let head = format!(
        "POST /rest/api/3/issue/DEMO-42/attachments HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {bearer}\r\n\
         x-atlassian-token: no-check\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 9000\r\n\r\n"
    );
    let request = [head.as_bytes(), form.as_bytes()].concat();
    connection.write_all(&request).await.unwrap();
    connection.shutdown().await.unwrap();

    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;

    assert_eq!(String::from_utf8_lossy(&answer), "");
    assert_eq!(world.requests().len(), 1);
    assert!(world.exchanges().all().is_empty());
    let digests = world.jira().attachment_digests("acme", "DEMO-42");
    assert!(!digests.contains_key("half.mp4"));
}

#[tokio::test]
async fn a_file_is_read_from_the_media_host_without_a_token() {
    let stage = Stage::new().await;
    let (_, issue) = stage.get("alice", "/issue/DEMO-42?fields=attachment").await;
    let content = issue["fields"]["attachment"][0]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    let bearer = stage.bearer("alice").await;
    let answer = stage
        .client
        .get(&content)
        .bearer_auth(&bearer)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("http://localhost:"));
    let part = stage
        .client
        .get(&location)
        .header("range", "bytes=0-3")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (part.status().as_u16(), part.text().await.unwrap().len()),
        (206, 4)
    );
    let tampered = stage
        .client
        .get(location.replace("token=", "token=0"))
        .send()
        .await
        .unwrap();
    assert_eq!(tampered.status(), 403);
}

#[tokio::test]
async fn every_text_of_an_issue_holds_a_planted_canary() {
    let stage = Stage::new().await;
    let (_, issue) = stage.get("alice", "/issue/DEMO-42").await;
    let canaries = stage.sandbox.world().canaries();
    let planted = |value: &Value| {
        let text = value.to_string();
        canaries.iter().any(|canary| text.contains(canary))
    };
    let fields = &issue["fields"];
    assert!(
        planted(&fields["summary"])
            && planted(&fields["description"])
            && planted(&fields["project"])
    );
    assert!(
        fields["comment"]["comments"]
            .as_array()
            .unwrap()
            .iter()
            .all(|comment| planted(&comment["body"]))
    );
    assert!(
        fields["attachment"]
            .as_array()
            .unwrap()
            .iter()
            .all(|file| planted(&file["filename"]))
    );
}
