//! The hot pieces of one request: what a document passes before it runs, tokens, seals, and the join on canned bytes.

mod canned;
mod people;

use std::hint::black_box;
use std::sync::{Arc, mpsc};
use std::thread;

use async_graphql::parser::parse_query;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body_util::BodyExt as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use people::Viewer;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use trefoil::app::App;
use trefoil::auth::connect::{self, CONTEXT};
use trefoil::auth::entra::{self, Expected};
use trefoil::auth::jwks::KeySet;
use trefoil::clock;
use trefoil::config::{Loaded, Settings};
use trefoil::http::live::Connection;
use trefoil::http::{guard, limits, router};
use trefoil::secret::Context;
use trefoil::store::Store;

/// What the panel asks when it opens.
const PANEL: &str = include_str!("panel.graphql");
const ENTRA_TENANT: &str = "11111111-1111-1111-1111-111111111111";
const CLIENT_ID: &str = "2c3caa80-93f9-425e-8b85-0745f50c0d24";

fn document(criterion: &mut Criterion) {
    let limits = settings("http://127.0.0.1:1", "sqlite::memory:").limits;
    let variables = Map::from_iter([("id".to_owned(), Value::from("10042"))]);
    let parsed = parse_query(PANEL).expect("the query is one");
    let measure = |document: &_| {
        limits::measure(document, None, &variables, &limits).expect("the panel is within limits")
    };
    let mut group = criterion.benchmark_group("document");
    group.bench_function("guard", |b| {
        b.iter(|| guard::scan(black_box(PANEL), limits.tokens).expect("it is within limits"));
    });
    group.bench_function("parse", |b| {
        b.iter(|| parse_query(black_box(PANEL)).expect("it is a query"));
    });
    group.bench_function("limits", |b| b.iter(|| measure(black_box(&parsed))));
    group.bench_function("guard, parse and limits", |b| {
        b.iter(|| {
            guard::scan(black_box(PANEL), limits.tokens).expect("it is within limits");
            measure(&parse_query(PANEL).expect("it is a query"))
        });
    });
}

fn tokens(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("token");
    let now = clock::unix();
    let issue = "10042".parse().expect("it is an issue's id");
    let panel = people::context_token("5b10a2844c20165700ede21g", issue);
    let secret = SecretString::from(people::SHARED_SECRET);
    group.bench_function("Connect context token", |b| {
        b.iter(|| {
            connect::verify(black_box(&panel), &secret, people::CLIENT_KEY, CONTEXT, now)
                .expect("it is genuine")
        });
    });

    let (keys, token) = signed_by_entra(now);
    let key = keys.get("k1").expect("it is in the set");
    let authority = "https://login.microsoftonline.com"
        .parse()
        .expect("it is an address");
    let expected = Expected {
        authority: &authority,
        client_id: CLIENT_ID,
        tenants: &[],
    };
    group.bench_function("Entra access token", |b| {
        b.iter(|| {
            entra::verify_access(black_box(&token), &key, &expected, now).expect("it is genuine")
        });
    });
}

/// A token as an add-in gets it, and the keys that verify it.
fn signed_by_entra(now: i64) -> (KeySet, String) {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("there is randomness");
    let private = pair.as_der().expect("a key has a form");
    let public = pair.public_key();
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let keys = json!({ "keys": [{
        "kty": "RSA", "use": "sig", "kid": "k1",
        "n": number(public.modulus().big_endian_without_leading_zero()),
        "e": number(public.exponent().big_endian_without_leading_zero()),
        "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
    }] });
    let claims = json!({
        "aud": CLIENT_ID, "iss": format!("https://login.microsoftonline.com/{ENTRA_TENANT}/v2.0"),
        "iat": now, "nbf": now, "exp": now + 3600, "ver": "2.0", "tid": ENTRA_TENANT,
        "oid": "22222222-2222-2222-2222-222222222222", "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
        "scp": "access_as_user", "azp": "d3590ed6-52b3-4102-aeff-aad2292ab01c", "azpacr": "0",
        "name": "Ada Lindqvist", "preferred_username": "ada@acme.example", "uti": "_Lw5sDTAqE-I4vZdB3MOAA",
        "rh": "0.AXEA_6Q0l2GxCkSgkVJ5Q3uLm4ACxTyTSl9Ci4UHRfUMDSQCAHE.",
    });
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(private.as_ref())
    );
    let signer = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("it is a key");
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("k1".to_owned());
    (
        KeySet::parse(keys.to_string().as_bytes()).expect("it is a key set"),
        encode(&header, &claims, &signer).expect("claims can be signed"),
    )
}

fn seals(criterion: &mut Criterion) {
    let keyring = people::keyring();
    let place = Context {
        tenant: "site:00000000-0000-0000-0000-000000000000",
        table: "connection",
        row: "00000000-0000-0000-0000-000000000000",
        column: "access_token",
    };
    let token = SecretString::from(people::access_token("microsoft"));
    let sealed = keyring.seal(&place, &token).expect("it can be sealed");
    let mut group = criterion.benchmark_group("secret");
    group.bench_function("seal", |b| {
        b.iter(|| {
            keyring
                .seal(&place, black_box(&token))
                .expect("it can be sealed")
        });
    });
    group.bench_function("open", |b| {
        b.iter(|| {
            keyring
                .open(&place, black_box(&sealed))
                .expect("it was sealed here")
        });
    });
}

fn join(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("there are threads");
    let folder = TempDir::new().expect("there is room");
    let upstream = canned_vendors();
    let database = format!("sqlite://{}/trefoil.db?mode=rwc", folder.path().display());
    let (router, viewer) = runtime.block_on(gateway(&upstream, &database));
    let answer = runtime.block_on(ask(router.clone(), &viewer));
    assert!(is_whole(&answer, &viewer), "{answer:?}");
    let mut group = criterion.benchmark_group("join");
    group.throughput(Throughput::Elements(viewer.links.len() as u64));
    group.bench_function("the panel's whole request", |b| {
        b.to_async(&runtime).iter(|| ask(router.clone(), &viewer));
    });
}

/// The canned vendors on a thread of their own; their origin.
fn canned_vendors() -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Runtime::new().expect("there are threads");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0")
                .await
                .expect("there is a port");
            let address = listener.local_addr().expect("it is bound");
            sender.send(address).expect("somebody waits for it");
            canned::serve(listener).await;
        });
    });
    let address = receiver.recv().expect("the vendors start");
    format!("http://{address}")
}

/// The gateway without its socket, and one viewer.
async fn gateway(upstream: &str, database: &str) -> (Router, Viewer) {
    let store = Store::connect(database).await.expect("the database opens");
    store.migrate().await.expect("it is empty");
    let viewers = people::settle(&store, upstream, 1).await;
    let mut viewers = viewers.expect("people can settle");
    let app = App::build(settings(upstream, database)).await;
    let router = router(app.expect("the settings are right"));
    (router, viewers.remove(0))
}

async fn ask(router: Router, viewer: &Viewer) -> Bytes {
    let body = json!({ "query": PANEL, "variables": { "id": viewer.issue.to_string() } });
    let request = Request::post("/graphql")
        .header(AUTHORIZATION, &viewer.authorization)
        .header(CONTENT_TYPE, "application/json")
        .extension(Connection {
            stop: CancellationToken::new(),
            cut: CancellationToken::new(),
            held: Arc::new(()),
        })
        .body(Body::from(body.to_string()))
        .expect("it is a request");
    let response = router.oneshot(request).await.expect("a router answers");
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.expect("it ends");
    body.to_bytes()
}

/// A bench of refusals would look very good.
fn is_whole(answer: &[u8], viewer: &Viewer) -> bool {
    let answer: Value = serde_json::from_slice(answer).expect("it is JSON");
    let joins = ["mails", "meetings", "chats", "tasks", "recordings"];
    let nodes = joins.map(|join| {
        answer["data"]["issue"][join]["nodes"]
            .as_array()
            .map(Vec::len)
    });
    let found: usize = nodes.into_iter().flatten().sum();
    answer["data"]["viewer"]["person"] == viewer.person.to_string() && found == viewer.links.len()
}

fn settings(upstream: &str, database: &str) -> Settings {
    let variables = people::settings(upstream, database, "127.0.0.1:0", "127.0.0.1:0");
    Loaded::from_layers(None, variables)
        .expect("the settings are right")
        .settings
}

criterion_group! {
    name = benches;
    // Short: what matters here differs by more than a long measurement would resolve.
    config = Criterion::default()
        .sample_size(30)
        .warm_up_time(std::time::Duration::from_secs(1))
        .measurement_time(std::time::Duration::from_secs(3))
        .without_plots();
    targets = document, tokens, seals, join
}
criterion_main!(benches);
