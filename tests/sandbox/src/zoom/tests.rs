//! Zoom over real HTTP, asked as a client would ask it.

use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, DEMO_42_MEETING};
use crate::event::Event;
use crate::fault::Fault;
use crate::{Options, Sandbox};

struct Caller {
    sandbox: Sandbox,
    client: Client,
    token: String,
}

impl Caller {
    async fn new(person: &str) -> Self {
        let sandbox = Sandbox::start(Options::default()).await;
        let token = sandbox.zoom_tokens(person).access_token;
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .expect("a plain client builds");
        Self {
            sandbox,
            client,
            token,
        }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let url = format!("{}/v2{path}", self.sandbox.addresses().zoom);
        let response = self.fetch(&url, Some(&self.token)).await;
        (
            response.status(),
            response.json().await.expect("Zoom answers JSON"),
        )
    }

    async fn fetch(&self, url: &str, token: Option<&str>) -> Response {
        let mut request = self.client.get(url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("the sandbox answers")
    }

    async fn token(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let url = format!("{}/oauth/token", self.sandbox.addresses().zoom);
        let request = self
            .client
            .post(url)
            .basic_auth(CLIENT_ID, Some(CLIENT_SECRET));
        let response = request
            .form(form)
            .send()
            .await
            .expect("the sandbox answers");
        (
            response.status(),
            response
                .json()
                .await
                .expect("the token endpoint answers JSON"),
        )
    }
}

#[tokio::test]
async fn a_user_is_who_the_token_was_given_to() {
    let alice = Caller::new("alice").await;
    let (status, me) = alice.get("/users/me").await;
    let person = alice.sandbox.world().person("alice");
    assert_eq!(status, 200);
    assert_eq!(me["id"], person.zoom_user_id);
    assert_eq!(me["account_id"], person.zoom_account_id);

    let (status, body) = alice.get(&format!("/users/{}", person.zoom_user_id)).await;
    assert_eq!((status.as_u16(), &body["code"]), (400, &json!(4711)));
}

#[tokio::test]
async fn a_uuid_is_found_only_in_its_right_encoding() {
    let alice = Caller::new("alice").await;
    for segment in [
        "4444AAAiAAAAAiAiAiiAii%3D%3D",
        "%252FajXp112QmuoKj4854875%253D%253D",
        "abc%252F%252Fdef1234567890123%253D%253D",
        "a%2Fbc%2Fdef%3D%3D",
    ] {
        let (status, body) = alice.get(&format!("/meetings/{segment}/recordings")).await;
        assert_eq!(status, 200, "{segment}: {body}");
        assert_eq!(body["recording_files"].as_array().map(Vec::len), Some(4));
    }
    let (status, body) = alice
        .get("/meetings/%2FajXp112QmuoKj4854875%3D%3D/recordings")
        .await;
    assert_eq!(status, 404);
    assert_eq!(
        body,
        json!({ "code": 3001, "message": "Meeting does not exist: ajXp112QmuoKj4854875==." })
    );
}

#[tokio::test]
async fn a_colleagues_recording_is_refused_with_http_200_and_a_strangers_with_400() {
    let bob = Caller::new("bob").await;
    let (status, body) = bob.get("/meetings/a%2Fbc%2Fdef%3D%3D/recordings").await;
    assert_eq!((status.as_u16(), &body["code"]), (200, &json!(200)));

    let frank = Caller::new("frank").await;
    let (status, body) = frank.get("/meetings/a%2Fbc%2Fdef%3D%3D/recordings").await;
    assert_eq!((status.as_u16(), &body["code"]), (400, &json!(1010)));
}

#[tokio::test]
async fn a_missing_scope_and_a_wrong_token_say_so() {
    let alice = Caller::new("alice").await;
    alice
        .sandbox
        .zoom(|knobs| knobs.granted_scopes = vec!["recording:read".into()]);
    let token = alice.sandbox.zoom_tokens("alice").access_token;
    let zoom = &alice.sandbox.addresses().zoom;

    let classic = alice
        .fetch(&format!("{zoom}/v2/users/me/recordings"), Some(&token))
        .await;
    assert_eq!(classic.status(), 200);
    let refused = alice
        .fetch(&format!("{zoom}/v2/users/me"), Some(&token))
        .await;
    assert_eq!(refused.status(), 400);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["code"], 4711);
    assert!(body["message"].as_str().unwrap().contains("user:read:user"));

    let unknown = alice
        .fetch(&format!("{zoom}/v2/users/me"), Some("nonsense"))
        .await;
    assert_eq!(unknown.status(), 401);
    let body: Value = unknown.json().await.unwrap();
    assert_eq!(
        body,
        json!({ "code": 124, "message": "Invalid access token." })
    );

    alice
        .sandbox
        .zoom(|knobs| knobs.clock_ahead_seconds = 3_600);
    let late = alice
        .fetch(&format!("{zoom}/v2/users/me"), Some(&token))
        .await;
    let body: Value = late.json().await.unwrap();
    assert_eq!(
        body,
        json!({ "code": 124, "message": "Access token is expired." })
    );
}

#[tokio::test]
async fn recordings_are_listed_by_month_and_page() {
    let alice = Caller::new("alice").await;
    let today = time::OffsetDateTime::now_utc().date();
    let from = today - time::Duration::days(30);
    let window = format!("from={from}&to={today}");
    let (_, first) = alice
        .get(&format!("/users/me/recordings?{window}&page_size=3"))
        .await;
    assert_eq!(first["total_records"], 5);
    let next = first["next_page_token"].as_str().unwrap();
    let path = format!("/users/me/recordings?{window}&page_size=3&next_page_token={next}");
    let (_, second) = alice.get(&path).await;
    assert_eq!(second["meetings"].as_array().map(Vec::len), Some(2));
    assert_eq!(second["next_page_token"], "");

    alice.sandbox.zoom(|knobs| knobs.clock_ahead_seconds = 901);
    let (status, body) = alice.get(&path).await;
    assert_eq!((status.as_u16(), &body["code"]), (400, &json!(300)));

    let long = today - time::Duration::days(60);
    let (status, _) = alice
        .get(&format!("/users/me/recordings?from={long}&to={today}"))
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn consent_gives_a_code_that_buys_rotating_tokens() {
    let alice = Caller::new("alice").await;
    let zoom = alice.sandbox.addresses().zoom.clone();
    let redirect = "http://127.0.0.1:1/oauth/zoom/callback";
    let query = format!(
        "response_type=code&client_id={CLIENT_ID}&redirect_uri={redirect}&state=s%26t\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    let page = alice
        .fetch(&format!("{zoom}/oauth/authorize?{query}"), None)
        .await;
    let page = page.text().await.unwrap();
    assert!(page.contains("name=\"state\" value=\"s&amp;t\"") && page.contains("Bob Tanaka"));

    let form = format!("{query}&person=bob&decision=allow");
    let request = alice.client.post(format!("{zoom}/oauth/authorize"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let decided = request.body(form).send().await.unwrap();
    let location = url::Url::parse(decided.headers()["location"].to_str().unwrap()).unwrap();
    let answer: std::collections::HashMap<_, _> = location.query_pairs().into_owned().collect();
    assert_eq!(answer["state"], "s&t");

    let code = [
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("redirect_uri", redirect),
        (
            "code_verifier",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
    ];
    let (status, first) = alice.token(&code).await;
    assert_eq!(status, 200);
    assert_eq!(first["expires_in"], 3599);
    let (status, again) = alice.token(&code).await;
    assert_eq!(
        (status.as_u16(), &again["error"]),
        (400, &json!("invalid_request"))
    );

    let old = first["refresh_token"].as_str().unwrap();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", old)];
    assert_eq!(alice.token(&refresh).await.0, 200);
    let (status, refused) = alice.token(&refresh).await;
    assert_eq!(
        (status.as_u16(), &refused["reason"]),
        (400, &json!("Invalid Token!"))
    );

    let requests = alice.sandbox.world().requests();
    let by_bob = |seen: &&crate::recorder::Seen| {
        seen.path == "/oauth/token" && seen.subject.as_deref() == Some("bob")
    };
    assert_eq!(requests.iter().filter(by_bob).count(), 3);
}

#[tokio::test]
async fn a_download_wants_the_bearer_on_both_hosts() {
    let alice = Caller::new("alice").await;
    let path = format!(
        "/meetings/{DEMO_42_MEETING}/recordings?include_fields=download_access_token&ttl=60"
    );
    let (_, body) = alice.get(&path).await;
    let token = body["download_access_token"].as_str().unwrap();
    let file = &body["recording_files"][0];
    let start = alice
        .fetch(file["download_url"].as_str().unwrap(), Some(token))
        .await;
    assert_eq!(start.status(), 302);
    let next = start.headers()["location"].to_str().unwrap().to_owned();
    assert!(next.starts_with(&alice.sandbox.addresses().zoom_download));

    let without = alice.fetch(&next, None).await;
    assert_eq!(without.status(), 200);
    assert!(
        without.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );

    let with = alice.fetch(&next, Some(token)).await;
    assert_eq!(
        with.headers()["content-length"],
        file["file_size"].to_string()
    );
    let bytes = with.bytes().await.unwrap();
    assert_eq!(bytes.len() as u64, file["file_size"].as_u64().unwrap());
    assert_eq!(&bytes[4..8], b"ftyp");

    alice.sandbox.zoom(|knobs| knobs.clock_ahead_seconds = 61);
    let late = alice.fetch(&next, Some(token)).await;
    assert!(late.text().await.unwrap().contains("Sign In"));
}

#[tokio::test]
async fn a_host_may_write_a_hundred_meetings_a_day() {
    let alice = Caller::new("alice").await;
    alice.sandbox.zoom(|knobs| knobs.meeting_writes_per_day = 1);
    let url = format!("{}/v2/users/me/meetings", alice.sandbox.addresses().zoom);
    let body =
        json!({ "topic": "Plan", "type": 2, "start_time": "2030-01-01T10:00:00Z", "duration": 30 });
    let post = || {
        alice
            .client
            .post(&url)
            .bearer_auth(&alice.token)
            .json(&body)
            .send()
    };
    let created = post().await.unwrap();
    assert_eq!(created.status(), 201);
    let meeting: Value = created.json().await.unwrap();
    let (status, read) = alice.get(&format!("/meetings/{}", meeting["id"])).await;
    assert_eq!((status.as_u16(), &read["topic"]), (200, &json!("Plan")));

    let refused = post().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(!refused.headers().contains_key("x-ratelimit-type"));
    assert!(!refused.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn one_time_of_a_series_is_moved_or_deleted_and_the_others_stay() {
    let alice = Caller::new("alice").await;
    let path = format!("/meetings/{DEMO_42_MEETING}");
    let times = |meeting: &Value| {
        let times = meeting["occurrences"].as_array().unwrap().iter();
        let times = times.map(|it| (it["duration"].clone(), it["status"].clone()));
        times.collect::<Vec<_>>()
    };
    let (_, before) = alice.get(&path).await;
    let id = |at: usize| before["occurrences"][at]["occurrence_id"].as_str().unwrap();
    let url = |at: usize| {
        let zoom = &alice.sandbox.addresses().zoom;
        format!("{zoom}/v2{path}?occurrence_id={}", id(at))
    };
    let moved = alice.client.patch(url(0)).bearer_auth(&alice.token);
    let moved = moved.json(&json!({ "duration": 20 })).send().await.unwrap();
    let deleted = alice.client.delete(url(2)).bearer_auth(&alice.token);
    let deleted = deleted.send().await.unwrap();
    assert_eq!(
        (moved.status(), deleted.status()),
        (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT)
    );
    let (_, after) = alice.get(&path).await;
    let time = |minutes: u32, status: &str| (json!(minutes), json!(status));
    let there = time(45, "available");
    assert_eq!(
        times(&after),
        [
            time(20, "available"),
            there.clone(),
            time(45, "deleted"),
            there
        ]
    );
}

#[tokio::test]
async fn a_meeting_that_takes_place_says_so_until_it_ends() {
    let alice = Caller::new("alice").await;
    let path = format!("/meetings/{DEMO_42_MEETING}");
    for (kind, status, live) in [
        ("meeting.started", "started", 1),
        ("meeting.ended", "waiting", 0),
    ] {
        alice.sandbox.sends(Event::new("zoom", kind)).await;
        assert_eq!(alice.get(&path).await.1["status"], status);
        let (_, listed) = alice.get("/users/me/meetings?type=live").await;
        assert_eq!(listed["meetings"].as_array().unwrap().len(), live, "{kind}");
    }
}

#[tokio::test]
async fn the_per_second_limit_says_which_one_it_is() {
    let alice = Caller::new("alice").await;
    alice.sandbox.zoom(|knobs| knobs.enforce_rate_limits = true);
    let url = format!("{}/v2/users/me", alice.sandbox.addresses().zoom);
    let mut limited = None;
    for _ in 0..200 {
        let response = alice.fetch(&url, Some(&alice.token)).await;
        assert_eq!(response.headers()["x-ratelimit-category"], "Light");
        if response.status() == 429 {
            limited = Some(response);
            break;
        }
    }
    assert_eq!(
        limited
            .expect("200 calls in a second are over 30")
            .headers()["x-ratelimit-type"],
        "QPS"
    );
}

#[tokio::test]
async fn a_large_download_may_be_cut_off_without_being_made_whole() {
    let alice = Caller::new("alice").await;
    alice.sandbox.zoom(|knobs| knobs.video_bytes = 1 << 40);
    alice.sandbox.world().inject(Fault {
        provider: "zoom-download".into(),
        truncate: Some(100_000),
        ..Fault::default()
    });
    let (_, body) = alice.get("/meetings/a%2Fbc%2Fdef%3D%3D/recordings").await;
    let file = &body["recording_files"][0];
    let start = alice
        .fetch(file["download_url"].as_str().unwrap(), Some(&alice.token))
        .await;
    let next = start.headers()["location"].to_str().unwrap().to_owned();
    let mut download = alice.fetch(&next, Some(&alice.token)).await;
    assert_eq!(download.content_length(), Some(1 << 40));
    let mut received = 0;
    let cut = loop {
        match download.chunk().await {
            Ok(Some(chunk)) => received += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(cut, "the end must be an error, not an end");
    assert_eq!(received, 100_000);
}
