//! Connected accounts: how they come about, how their tokens are renewed, and how they end.

#![expect(
    clippy::disallowed_methods,
    reason = "the clients here are not the gateway's"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use sandbox::entra::Host;
use sandbox::fault::Fault;
use sandbox::visitor::Visitor;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use trefoil::app::App;
use trefoil::auth::Caller;
use trefoil::grant;
use trefoil::store;
use trefoil::upstream::{Access, Error, Kind, Provider};

use crate::harness::person::client;
use crate::harness::{House, given_a_house};

async fn panel(house: &House, handle: &str, issue: &str) -> Caller {
    let header = format!("JWT {}", house.sandbox.context_token(handle, issue));
    let caller = Caller::authenticate(&house.gateway().app, Some(&header)).await;
    caller.unwrap()
}

async fn outlook(house: &House, handle: &str) -> Caller {
    let header = format!(
        "Bearer {}",
        house.sandbox.entra_token(handle, Host::Outlook)
    );
    let caller = Caller::authenticate(&house.gateway().app, Some(&header)).await;
    caller.unwrap()
}

async fn connects(
    house: &House,
    caller: &Caller,
    provider: Provider,
    handle: &str,
) -> (u16, String) {
    let app = &house.gateway().app;
    let url = grant::begin_connect(app, caller, provider).await.unwrap();
    let landing = Visitor::default()
        .visit(url.as_str(), handle, true)
        .await
        .unwrap();
    assert!(
        landing.body.contains("You can close this window."),
        "{}",
        landing.body
    );
    (landing.status, landing.body)
}

/// Alice with Zoom connected, and nothing asked since.
async fn given_zoom(house: &House) -> Caller {
    let alice = panel(house, "alice", "DEMO-42").await;
    assert_eq!(
        connects(house, &alice, Provider::Zoom, "alice").await.0,
        200
    );
    house.sandbox.world().clear_requests();
    alice
}

fn token_calls(house: &House, provider: &str) -> usize {
    let asked = house.asked(provider);
    asked
        .iter()
        .filter(|seen| seen.path.contains("/token"))
        .count()
}

fn kind(outcome: Result<Access, Error>) -> Kind {
    outcome.unwrap_err().kind
}

async fn whoami(access: &Access, path: &str) -> Value {
    let url = format!("{}{path}", access.base.as_str().trim_end_matches('/'));
    let request = client().get(url).bearer_auth(access.token.expose_secret());
    request.send().await.unwrap().json().await.unwrap()
}

fn zoom_fault(count: u32) -> Fault {
    Fault {
        provider: "zoom".to_owned(),
        path: Some("/oauth/token".to_owned()),
        count: Some(count),
        ..Fault::default()
    }
}

#[tokio::test]
async fn a_person_connects_microsoft_and_zoom_and_reads_as_themselves() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let alice = panel(&house, "alice", "DEMO-42").await;
    assert_eq!(
        kind(grant::microsoft(app, &alice).await),
        Kind::NotConnected
    );
    let (status, page) = connects(&house, &alice, Provider::Microsoft, "alice").await;
    assert_eq!(status, 200);
    assert!(
        page.contains("data-provider=\"MICROSOFT\" data-ok=\"true\""),
        "{page}"
    );
    connects(&house, &alice, Provider::Zoom, "alice").await;
    let person = house.sandbox.world().person("alice");
    let graph = grant::microsoft(app, &alice).await.unwrap();
    assert_eq!(whoami(&graph, "/me").await["id"], person.oid.as_str());
    let zoom = grant::zoom(app, &alice).await.unwrap();
    assert_eq!(
        whoami(&zoom, "/users/me").await["id"],
        person.zoom_user_id.as_str()
    );
    let status = grant::status(app, &alice).await.unwrap();
    assert!(
        status.iter().all(|status| status.obstacle.is_none()),
        "{status:?}"
    );
    let missing: Vec<_> = status
        .iter()
        .flat_map(|status| &status.missing_scopes)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Bob has connected nothing, and frank of another tenant neither.
    for (handle, issue) in [("bob", "DEMO-42"), ("frank", "GLX-1")] {
        let other = panel(&house, handle, issue).await;
        assert_eq!(kind(grant::zoom(app, &other).await), Kind::NotConnected);
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_sign_in_is_good_once_and_in_the_browser_that_began_it() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let gateway = house.gateway().url.clone();
    let alice = panel(&house, "alice", "DEMO-42").await;
    let browser = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let open = async |url: &str, cookie: &str| {
        let request = browser.get(url).header("cookie", cookie);
        request.send().await.unwrap()
    };
    let begin = async |provider| {
        let url = grant::begin_connect(app, &alice, provider).await.unwrap();
        let response = open(url.as_str(), "").await;
        assert_eq!(response.status(), 302);
        let text = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let cookie = text("set-cookie");
        assert!(cookie.contains("; HttpOnly; SameSite=Lax") && cookie.contains("; Path=/;"));
        let location: url::Url = text("location").parse().unwrap();
        let state = location.query_pairs().find(|(name, _)| name == "state");
        let state = state.unwrap().1.into_owned();
        assert!(
            location
                .query()
                .unwrap()
                .contains("code_challenge_method=S256")
        );
        let cookie = cookie.split(';').next().unwrap().to_owned();
        (url, state, cookie)
    };
    let refused = async |url: String, cookie: &str| {
        let response = open(&url, cookie).await;
        assert_eq!(response.status(), 400, "{url}");
        let page = response.text().await.unwrap();
        assert!(
            page.contains("data-ok=\"false\"") && !page.contains("reflected"),
            "{page}"
        );
    };
    // The ticket works once.
    let (ticket, state, cookie) = begin(Provider::Zoom).await;
    refused(ticket.to_string(), "").await;
    let back = |provider: &str, state: &str| {
        format!("{gateway}/oauth/{provider}/callback?code=reflected&state={state}")
    };
    // Another browser, and then not even the right one any more.
    refused(back("zoom", &state), "trefoil-oauth-0=x").await;
    refused(back("zoom", &state), &cookie).await;
    // Zoom's state at Microsoft's door.
    let (_, state, cookie) = begin(Provider::Zoom).await;
    refused(back("microsoft", &state), &cookie).await;
    refused(back("zoom", &state), &cookie).await;
    // A code that Zoom never gave.
    let (_, state, cookie) = begin(Provider::Zoom).await;
    refused(back("zoom", &state), &cookie).await;
    // What a provider says is not shown.
    let (_, state, cookie) = begin(Provider::Microsoft).await;
    let error = "error=<b>reflected</b>&error_description=reflected";
    refused(
        format!("{gateway}/oauth/microsoft/callback?{error}&state={state}"),
        &cookie,
    )
    .await;
    for query in [
        "",
        "?state=reflected",
        "?state=a&state=b",
        "?code=reflected",
    ] {
        refused(format!("{gateway}/oauth/zoom/callback{query}"), "").await;
    }
    refused(format!("{gateway}/oauth/zoom/start?ticket=reflected"), "").await;
    for path in ["/oauth/other/start", "/oauth/other/callback"] {
        assert_eq!(open(&format!("{gateway}{path}"), "").await.status(), 404);
    }
    let status = grant::status(app, &alice).await.unwrap();
    assert!(status.iter().all(|status| status.connected_at.is_none()));
    house.is_left_clean().await;
}

#[tokio::test]
async fn two_gateways_and_two_hundred_requests_renew_once() {
    let mut house = given_a_house().await;
    house.opens_a_gateway("").await;
    // Below what is renewed ahead of time, so that every request finds a token to renew, once.
    house.sandbox.zoom(|knobs| knobs.access_token_seconds = 200);
    let alice = Arc::new(given_zoom(&house).await);
    house
        .sandbox
        .zoom(|knobs| knobs.access_token_seconds = 3600);
    let apps: Vec<App> = house.gateways.iter().map(|it| it.app.clone()).collect();
    let asked = (0..200).map(|turn| {
        let (app, alice) = (apps[turn % 2].clone(), Arc::clone(&alice));
        tokio::spawn(async move { grant::zoom(&app, &alice).await })
    });
    let answers = join_all(asked).await;
    let first = answers[0].as_ref().unwrap().as_ref().unwrap().version;
    for answer in &answers {
        assert_eq!(answer.as_ref().unwrap().as_ref().unwrap().version, first);
    }
    assert_eq!(token_calls(&house, "zoom"), 1);
    let access = grant::zoom(&apps[0], &alice).await.unwrap();
    assert!(whoami(&access, "/users/me").await["id"].is_string());
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all_who_were_refused() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let alice = given_zoom(&house).await;
    connects(&house, &alice, Provider::Microsoft, "alice").await;
    house.sandbox.world().clear_requests();
    for (provider, vendor) in [(Provider::Zoom, "zoom"), (Provider::Microsoft, "login")] {
        let refused = match provider {
            Provider::Zoom => grant::zoom(app, &alice).await.unwrap(),
            _ => grant::microsoft(app, &alice).await.unwrap(),
        };
        let renewals = (0..20).map(|_| grant::renewed(app, &alice, provider, None, &refused));
        let renewed = join_all(renewals).await;
        let version = renewed[0].as_ref().unwrap().version;
        assert!(version > refused.version);
        assert!(
            renewed
                .iter()
                .all(|access| access.as_ref().unwrap().version == version)
        );
        // One who hears of the refusal late takes what is there.
        let late = grant::renewed(app, &alice, provider, None, &refused)
            .await
            .unwrap();
        assert_eq!(late.version, version);
        assert_eq!(token_calls(&house, vendor), 1, "{provider}");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_dead_grant_says_so_and_is_not_asked_again() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let alice = given_zoom(&house).await;
    let refused = grant::zoom(app, &alice).await.unwrap();
    house.sandbox.remove_zoom_app("alice");
    for _ in 0..5 {
        let outcome = grant::renewed(app, &alice, Provider::Zoom, None, &refused).await;
        assert_eq!(kind(outcome), Kind::ReauthRequired);
    }
    assert_eq!(token_calls(&house, "zoom"), 1);
    let row = store::grant::of(&app.store, &alice.tenant, alice.person, "zoom").await;
    let row = row.unwrap().unwrap();
    assert_eq!((row.access_token, row.refresh_token), (None, None));
    // And connecting again mends it.
    connects(&house, &alice, Provider::Zoom, "alice").await;
    assert!(grant::zoom(app, &alice).await.is_ok());
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_lost_renewal_is_tried_once_more_and_never_in_a_loop() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let alice = given_zoom(&house).await;
    let refused = grant::zoom(app, &alice).await.unwrap();
    // Zoom renews, and its answer is cut off: the new pair is lost, the old one is dead.
    house.sandbox.world().inject(Fault {
        truncate: Some(20),
        ..zoom_fault(1)
    });
    let mut kinds = Vec::new();
    for _ in 0..12 {
        kinds.push(kind(
            grant::renewed(app, &alice, Provider::Zoom, None, &refused).await,
        ));
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert!(matches!(kinds[0], Kind::Unavailable { .. }), "{kinds:?}");
    assert_eq!(kinds.last(), Some(&Kind::ReauthRequired), "{kinds:?}");
    assert_eq!(token_calls(&house, "zoom"), 2);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_token_that_still_works_is_used_while_zoom_cannot_renew_it() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    house.sandbox.zoom(|knobs| knobs.access_token_seconds = 200);
    let alice = given_zoom(&house).await;
    house.sandbox.world().inject(Fault {
        status: Some(503),
        ..zoom_fault(1)
    });
    let begun = Instant::now();
    for _ in 0..5 {
        let access = grant::zoom(app, &alice).await.unwrap();
        assert!(whoami(&access, "/users/me").await["id"].is_string());
    }
    // One that failed is not tried again within three seconds, which a busy machine may take for this.
    let most = 1 + usize::try_from(begun.elapsed().as_secs() / 3).unwrap();
    assert!((1..=most).contains(&token_calls(&house, "zoom")));
    house.is_left_clean().await;
}

#[tokio::test]
async fn disconnecting_deletes_at_once_and_revokes() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let alice = given_zoom(&house).await;
    connects(&house, &alice, Provider::Microsoft, "alice").await;
    let access = grant::zoom(app, &alice).await.unwrap();
    for provider in [Provider::Zoom, Provider::Microsoft] {
        grant::disconnect(app, &alice, provider).await.unwrap();
        grant::disconnect(app, &alice, provider).await.unwrap();
    }
    assert_eq!(kind(grant::zoom(app, &alice).await), Kind::NotConnected);
    assert_eq!(
        kind(grant::microsoft(app, &alice).await),
        Kind::NotConnected
    );
    let rows = store::grant::all(&app.store, &alice.tenant, alice.person).await;
    assert!(rows.unwrap().is_empty());
    assert_eq!(whoami(&access, "/users/me").await["code"], 124);
    let left = store::person::identities(&app.store, &alice.tenant, alice.person).await;
    assert_eq!(left.unwrap().len(), 1);
    let log = store::audit::page(&app.store, &alice.tenant, 50, None)
        .await
        .unwrap();
    let count = |action: &str| log.iter().filter(|entry| entry.action == action).count();
    for action in [
        "zoom.connect",
        "zoom.disconnect",
        "microsoft.connect",
        "microsoft.disconnect",
    ] {
        assert_eq!(count(action), 1, "{action}");
    }
    house.is_left_clean().await;
}

#[tokio::test]
async fn an_outlook_caller_is_acted_for_once_they_have_agreed() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let carol = outlook(&house, "carol").await;
    assert!(carol.sites.is_empty());
    let denied = kind(grant::microsoft(app, &carol).await);
    assert!(matches!(denied, Kind::ConsentRequired { .. }), "{denied:?}");
    let scopes = &app.settings.microsoft.as_ref().unwrap().scopes;
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    house.sandbox.entra_consent("carol", &scopes);
    // Another token, since a refusal is remembered for a while with the token it was for.
    let carol = outlook(&house, "carol").await;
    house.sandbox.world().clear_requests();
    let many = join_all((0..20).map(|_| grant::microsoft(app, &carol))).await;
    let oid = house.sandbox.world().person("carol").oid;
    for access in many {
        assert_eq!(whoami(&access.unwrap(), "/me").await["id"], oid.as_str());
    }
    assert_eq!(token_calls(&house, "login"), 1);
    house.is_left_clean().await;
}

#[tokio::test]
async fn who_signed_in_from_the_panel_is_the_same_person_in_outlook() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let stranger = outlook(&house, "alice").await;
    assert!(stranger.tenant.as_str().starts_with("entra:"));
    let alice = panel(&house, "alice", "DEMO-42").await;
    connects(&house, &alice, Provider::Microsoft, "alice").await;
    let same = outlook(&house, "alice").await;
    // At home in Entra still, and a member of the site, there the very person of the panel.
    assert_eq!(
        (same.person, &same.tenant),
        (stranger.person, &stranger.tenant)
    );
    assert_eq!(same.sites, alice.sites);
    assert!(same.is(alice.person) && same.site.is_none());
    let site = same.sites[0].site.clone();
    assert!(grant::jira(app, &same, &site).await.is_ok());
    // Bob's Outlook is still only Bob's.
    assert!(outlook(&house, "bob").await.sites.is_empty());
    house.is_left_clean().await;
}

#[tokio::test]
async fn jira_is_asked_as_the_person_and_never_as_the_app() {
    let house = given_a_house().await;
    let app = &house.gateway().app;
    let alice = panel(&house, "alice", "DEMO-42").await;
    let site = alice.site.clone().unwrap();
    house.sandbox.world().clear_requests();
    let many = join_all((0..20).map(|_| grant::jira(app, &alice, &site))).await;
    let account = house.sandbox.world().person("alice").account_id;
    let access = many[0].as_ref().unwrap();
    let myself = whoami(access, "/rest/api/3/myself").await;
    assert_eq!(myself["accountId"], account.as_str());
    assert_eq!(token_calls(&house, "jira"), 1);
    let renewed = grant::renewed(app, &alice, Provider::Jira, Some(&site), access).await;
    assert_ne!(renewed.unwrap().version, access.version);
    assert_eq!(token_calls(&house, "jira"), 2);
    // Another site's people have no rights here.
    let frank = panel(&house, "frank", "GLX-1").await;
    assert_eq!(
        kind(grant::jira(app, &frank, &site).await),
        Kind::NotConnected
    );
    // Who was shut out stays out.
    let bob = panel(&house, "bob", "DEMO-42").await;
    house.sandbox.set_active("bob", false);
    assert_eq!(kind(grant::jira(app, &bob, &site).await), Kind::Forbidden);
    house.is_left_clean().await;
}
