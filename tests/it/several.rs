//! People with several Jira sites: which one is meant, and what becomes of the others when one is in trouble or gone.

use sandbox::fault::Fault;
use sandbox::jira::cloud_id;
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};

use crate::harness::person::{Answer, Person, client, no_redirects};
use crate::harness::{House, given_a_house};

const SITES: &str = "{ viewer { sites { id url name } } }";
const ISSUE: &str =
    "query($key: String!, $site: ID) { issue(key: $key, site: $site) { key site { id } } }";

/// Somebody in Outlook who has connected Jira.
async fn given_outlook<'a>(house: &'a House, handle: &'static str) -> Person<'a> {
    let person = house.outlook(handle);
    let landing = person.connects("JIRA").await;
    assert_eq!(landing.status, 200, "{}", landing.body);
    house.sandbox.world().clear_requests();
    person
}

/// The ids of the sites a person has, by their addresses: acme's, globex's.
async fn sites(person: &Person<'_>) -> [Option<String>; 2] {
    let answer = person.asks(SITES).await;
    let sites = answer.at("/viewer/sites").as_array().unwrap().clone();
    let addresses = &person.house.sandbox.addresses().jira;
    let at = |index: usize| {
        let there = |it: &&Value| it["url"].as_str().unwrap().starts_with(&addresses[index]);
        let site = sites.iter().find(there)?;
        Some(site["id"].as_str().unwrap().to_owned())
    };
    [at(0), at(1)]
}

/// The sites that an answer says could be meant, in its order.
fn candidates(answer: &Answer) -> Vec<String> {
    let sites = answer.body["errors"][0]["extensions"]["sites"].as_array();
    let ids = sites.unwrap().iter().map(|it| it["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

/// Whose token each call to Jira carried, and to which site.
fn asked_of_jira(house: &House) -> Vec<(String, Option<String>)> {
    let asked = house.asked("jira").into_iter();
    let mut asked: Vec<_> = asked
        .map(|it| (it.site.unwrap_or_default(), it.subject))
        .collect();
    asked.sort();
    asked
}

fn whose(house: &str, handle: &str) -> (String, Option<String>) {
    (house.to_owned(), Some(handle.to_owned()))
}

#[tokio::test]
async fn who_has_two_sites_says_which_is_meant_unless_only_one_has_the_issue() {
    let house = given_a_house().await;
    let dan = given_outlook(&house, "dan").await;
    let [Some(acme), Some(globex)] = sites(&dan).await else {
        panic!("dan has two sites");
    };

    let unclear = dan.asks_with(ISSUE, json!({ "key": "DEMO-42" })).await;
    assert_eq!(unclear.codes(), ["BAD_USER_INPUT"], "{}", unclear.body);
    let mut both = candidates(&unclear);
    both.sort();
    let mut expected = [acme.clone(), globex.clone()];
    expected.sort();
    assert_eq!(both, expected);
    assert_eq!(
        asked_of_jira(&house),
        [whose("acme", "dan"), whose("globex", "dan")]
    );
    house.sandbox.world().clear_requests();
    let search = dan
        .asks("{ issues(jql: \"project = DEMO\") { nodes { key } } }")
        .await;
    assert_eq!(search.codes(), ["BAD_USER_INPUT"], "{}", search.body);
    assert_eq!(candidates(&search).len(), 2);
    let number = dan.asks("{ issue(id: 10042) { key } }").await;
    assert_eq!(number.codes(), ["BAD_USER_INPUT"]);
    assert_eq!(asked_of_jira(&house), [], "what is unclear costs nothing");

    for (site, name) in [(&acme, "acme"), (&globex, "globex")] {
        house.sandbox.world().clear_requests();
        let clear = json!({ "key": "DEMO-42", "site": site });
        let clear = dan.asks_with(ISSUE, clear).await;
        assert_eq!(clear.at("/issue/site/id"), site, "{}", clear.body);
        assert_eq!(asked_of_jira(&house), [whose(name, "dan")]);
    }
    // Erin sees that key on one of her sites only.
    let erin = given_outlook(&house, "erin").await;
    let found = erin.asks_with(ISSUE, json!({ "key": "DEMO-42" })).await;
    assert_eq!(found.at("/issue/site/id"), &globex, "{}", found.body);
    assert_eq!(
        asked_of_jira(&house),
        [whose("acme", "erin"), whose("globex", "erin")]
    );
    let nowhere = erin.asks_with(ISSUE, json!({ "key": "NONE-1" })).await;
    assert_eq!(nowhere.body, json!({ "data": { "issue": null } }));
    house.is_left_clean().await;
}

#[tokio::test]
async fn with_one_site_down_the_other_is_whole() {
    let house = given_a_house().await;
    let dan = given_outlook(&house, "dan").await;
    let [Some(acme), Some(globex)] = sites(&dan).await else {
        panic!("dan has two sites");
    };
    house.sandbox.world().inject(Fault {
        provider: "jira".to_owned(),
        site: Some("globex".to_owned()),
        status: Some(503),
        ..Fault::default()
    });

    let well = json!({ "key": "DEMO-42", "site": acme });
    let well = dan.asks_with(ISSUE, well).await;
    assert_eq!(well.at("/issue/key"), "DEMO-42", "{}", well.body);
    let down = json!({ "key": "DEMO-42", "site": globex });
    let down = dan.asks_with(ISSUE, down).await;
    assert_eq!(down.codes(), ["UPSTREAM_UNAVAILABLE"], "{}", down.body);
    let either = dan.asks_with(ISSUE, json!({ "key": "DEMO-42" })).await;
    assert_eq!(either.at("/issue/site/id"), &acme, "{}", either.body);
    // What only the other could have is not said to be nowhere.
    let unknown = dan.asks_with(ISSUE, json!({ "key": "NONE-1" })).await;
    assert_eq!(unknown.codes(), ["UPSTREAM_UNAVAILABLE"]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_site_that_the_person_left_is_forgotten_when_it_refuses() {
    let house = given_a_house().await;
    let dan = given_outlook(&house, "dan").await;
    let [Some(acme), Some(globex)] = sites(&dan).await else {
        panic!("dan has two sites");
    };
    house.sandbox.set_belongs("dan", "globex", false);

    let left = json!({ "key": "DEMO-42", "site": globex });
    let left = dan.asks_with(ISSUE, left).await;

    assert_eq!(left.codes(), ["NOT_CONNECTED"], "{}", left.body);
    assert_eq!(sites(&dan).await, [Some(acme.clone()), None]);
    let found = dan.asks_with(ISSUE, json!({ "key": "DEMO-42" })).await;
    assert_eq!(found.at("/issue/site/id"), &acme, "{}", found.body);
    house.is_left_clean().await;
}

#[tokio::test]
async fn sites_come_from_panels_and_from_connecting_and_go_with_them() {
    let house = given_a_house().await;
    let panel = |site: &str, issue: &str| {
        let token = house.sandbox.context_token_on(site, "dan", issue);
        let mut dan = house.outlook("dan");
        dan.token = token;
        dan
    };
    let dan = house.outlook("dan");
    assert_eq!(sites(&dan).await, [None, None]);
    panel("acme", "DEMO-42").connects("MICROSOFT").await;
    let [Some(acme), None] = sites(&dan).await else {
        panic!("one panel is one site");
    };
    dan.connects("JIRA").await;
    let [Some(same), Some(globex)] = sites(&dan).await else {
        panic!("connecting adds the other");
    };
    assert_eq!(same, acme);
    // Their colleagues have none of them.
    assert_eq!(sites(&house.outlook("erin")).await, [None, None]);
    assert_eq!(sites(&house.outlook("alice")).await, [None, None]);

    dan.does("disconnect", json!({ "provider": "JIRA" })).await;
    assert_eq!(sites(&dan).await, [Some(acme.clone()), None]);
    panel("globex", "GLX-1").connects("MICROSOFT").await;
    assert_eq!(sites(&dan).await, [Some(acme), Some(globex.clone())]);
    let gateway = house.gateway().url.clone();
    let gone = house.sandbox.uninstall("acme", &gateway).await.unwrap();
    assert_eq!(gone.status, 204);
    assert_eq!(sites(&dan).await, [None, Some(globex)]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_sign_in_that_goes_on_in_another_persons_browser_connects_nobody() {
    let house = given_a_house().await;
    let (dan, erin) = (house.outlook("dan"), house.outlook("erin"));
    let begin = async |person: &Person<'_>| {
        let payload = person.does("connect", json!({ "provider": "JIRA" })).await;
        let url = payload["url"].as_str().unwrap().to_owned();
        let response = no_redirects().get(url).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let location: url::Url = header("location").parse().unwrap();
        let state = location.query_pairs().find(|(name, _)| name == "state");
        let cookie = header("set-cookie").split(';').next().unwrap().to_owned();
        (location.clone(), state.unwrap().1.into_owned(), cookie)
    };
    let (_, dans, _) = begin(&dan).await;
    let (erins_consent, _, erins_cookie) = begin(&erin).await;
    // Erin agrees, and her code comes back with Dan's state.
    let agreed = format!("{erins_consent}&auto=1&login_hint=erin");
    let back = no_redirects().get(agreed).send().await.unwrap();
    let back: url::Url = back.headers()["location"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap();
    let swapped = format!(
        "{}/oauth/jira/callback?state={dans}&code={}",
        house.gateway().url,
        code.1
    );
    let request = client().get(swapped).header("Cookie", erins_cookie);
    let answer = request.send().await.unwrap();

    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("another browser"));
    assert_eq!(sites(&dan).await, [None, None]);
    assert_eq!(sites(&erin).await, [None, None]);
    house.is_left_clean().await;
}

#[tokio::test]
async fn a_site_that_nobody_installed_keeps_its_id_when_it_is_installed_later() {
    let house = given_a_house().await;
    let gateway = house.gateway().url.clone();
    // As if it had never been installed.
    house.sandbox.uninstall("globex", &gateway).await.unwrap();
    let sql = "DELETE FROM installation WHERE uninstalled_at IS NOT NULL";
    let store = &house.gateway().app.store;
    store.db().execute_unprepared(sql).await.unwrap();
    let frank = given_outlook(&house, "frank").await;
    let [None, Some(before)] = sites(&frank).await else {
        panic!("frank has globex");
    };
    let found = frank.asks_with(ISSUE, json!({ "key": "GLX-1" })).await;
    assert_eq!(found.at("/issue/key"), "GLX-1", "{}", found.body);
    let path = format!("/ex/jira/{}/rest/api/3/issue/GLX-1", cloud_id("globex"));
    assert!(house.asked("jira")[0].path.starts_with(&path));

    let answer = house.sandbox.install("globex", &gateway).await.unwrap();

    assert_eq!(answer.status, 204);
    let panel = house.person("frank", "GLX-1");
    assert_eq!(panel.ids().await.1, before);
    house.is_left_clean().await;
}
