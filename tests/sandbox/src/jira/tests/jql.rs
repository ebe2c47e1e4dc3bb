//! Reading and running JQL.

use crate::{
    Addresses,
    jira::jql::{Query, View},
    world::World,
};

fn found(handle: &str, jql: &str) -> Result<Vec<String>, String> {
    let addresses = Addresses {
        jira: vec![String::new(); 3],
        ..Addresses::default()
    };
    let world = World::new(addresses, None, false);
    let person = world.person(handle);
    let mut state = world.jira();
    let content = state.content(person.site);
    let ids = Query::parse(jql)?.run(&View {
        content,
        account: person.account_id.clone(),
        browses: &|project| {
            content
                .project(project)
                .is_some_and(|project| project.members.contains(&person.handle))
        },
        accounts: &|name| world.find(|it| it.name == name).map(|it| it.account_id),
        is_account: &|id| world.people().iter().any(|it| it.account_id == id),
    })?;
    Ok(ids.iter().map(|id| content.issues[id].key()).collect())
}

#[test]
fn issues_are_found_by_key_and_by_id_in_the_order_asked_for() {
    let keys = found(
        "alice",
        "key in (DEMO-2, demo-42) or id = 10007 order by key desc",
    );
    assert_eq!(keys.unwrap(), ["DEMO-42", "DEMO-7", "DEMO-2"]);
}

#[test]
fn conditions_join_negate_and_nest() {
    let keys = found(
        "alice",
        "project = DEMO AND key in (DEMO-1, DEMO-42, DEMO-43) AND NOT (key = DEMO-1 || key = DEMO-43)",
    );
    assert_eq!(keys.unwrap(), ["DEMO-42"]);
}

#[test]
fn words_are_found_in_comments_and_descriptions() {
    let keys = found("alice", "key = DEMO-42 and text ~ \"handbook Hamburg\"");
    assert_eq!(keys.unwrap(), ["DEMO-42"]);
    assert!(
        found("alice", "key = DEMO-42 and text ~ nonsense")
            .unwrap()
            .is_empty()
    );
}

#[test]
fn current_user_and_empty_mean_what_they_say() {
    let mine = found("alice", "assignee = currentUser() and key = DEMO-42").unwrap();
    assert_eq!(mine, ["DEMO-42"]);
    let nobodys = found("alice", "project = DEMO and assignee is EMPTY").unwrap();
    assert!(nobodys.contains(&"DEMO-6".to_owned()) && !nobodys.contains(&"DEMO-42".to_owned()));
}

#[test]
fn what_a_viewer_may_not_see_does_not_exist() {
    assert!(
        found("bob", "project = OPS")
            .unwrap_err()
            .contains("does not exist")
    );
    assert!(
        found("bob", "key = OPS-1")
            .unwrap_err()
            .contains("does not exist")
    );
    assert!(found("alice", "key = OPS-1").is_ok());
}

#[test]
fn a_query_without_restriction_is_unbounded() {
    assert!(!Query::parse("order by created").unwrap().is_bounded());
    assert!(!Query::parse("").unwrap().is_bounded());
    assert!(Query::parse("project = DEMO").unwrap().is_bounded());
}

#[test]
fn nonsense_is_refused() {
    for jql in [
        "project",
        "project =",
        "key in (",
        "colour = red",
        "text ~ \"open",
        "project = DEMO key = X",
    ] {
        assert!(Query::parse(jql).is_err(), "{jql}");
    }
}

#[test]
fn watchers_and_makers_are_found_and_strangers_refused() {
    let mine = found("alice", "watcher = currentUser() order by key").unwrap();
    assert!(mine.contains(&"DEMO-9".to_owned()), "{mine:?}");
    let made = found("alice", "reporter = 'Bob Tanaka' and key = DEMO-42").unwrap();
    assert_eq!(made, ["DEMO-42"]);
    let stranger = found("alice", "reporter = 'mara.koenig@supplier.example'").unwrap_err();
    assert!(stranger.contains("does not exist for the field 'reporter'"));
}

#[test]
fn a_text_query_must_be_one() {
    for wrong in ["summary ~ '*off'", "text ~ 'a (b'", "summary ~ '[DEMO'"] {
        assert!(found("alice", wrong).is_err(), "{wrong}");
    }
    for right in [
        "summary ~ 'off*'",
        "text ~ 'a (b)'",
        "summary ~ '\\\\[DEMO'",
    ] {
        assert!(found("alice", right).is_ok(), "{right}");
    }
}
