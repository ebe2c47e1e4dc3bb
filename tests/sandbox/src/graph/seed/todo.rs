//! To Do lists, and the tasks linked with issues.

use serde_json::{Value, json};

use super::{marked, user};
use crate::graph::store::{State, Task, TaskList, User};
use crate::graph::todo::defaults;
use crate::world::{World, guid};

const TITLES: [&str; 4] = [
    "Send the agenda",
    "Zugänge für das Lager beantragen",
    "Book the training room \u{1f4c5}",
    "Collect the open questions",
];

/// Where a task goes: a list of somebody's, and its number there.
struct Place<'p> {
    owner: &'p User,
    list: usize,
    number: usize,
}

pub(super) fn seed(world: &World, state: &mut State) {
    for person in world.people() {
        let owner = &User::from(person);
        let list = add_list(state, owner, "Tasks", "defaultList");
        add_list(state, owner, "Flagged Emails", "flaggedEmails");
        let number = 0;
        add_task(
            world,
            state,
            &Place {
                owner,
                list,
                number,
            },
            "Water the plants",
            None,
        );
    }
    for (handle, count, site, key) in [
        ("alice", 4, 0, "DEMO-42"),
        ("bob", 2, 0, "DEMO-42"),
        ("frank", 1, 1, "GLX-42"),
        ("ivan", 1, 2, "INI-42"),
    ] {
        let owner = &user(world, handle);
        let name = marked(world, "Roll-out", &format!("{} list", owner.email));
        let list = add_list(state, owner, &name, "none");
        let address = format!("{}/browse/{key}", world.addresses().jira[site]);
        for (number, title) in TITLES.iter().take(count).enumerate() {
            let place = Place {
                owner,
                list,
                number,
            };
            add_task(world, state, &place, title, Some((&address, key)));
        }
        let number = 9;
        add_task(
            world,
            state,
            &Place {
                owner,
                list,
                number,
            },
            "Order cake",
            None,
        );
    }
}

fn add_list(state: &mut State, owner: &User, name: &str, well_known: &str) -> usize {
    let mailbox = state.mailbox_mut(&owner.oid);
    let id = mailbox.new_id();
    let properties = json!({
        "displayName": name, "isOwner": true, "isShared": false, "wellknownListName": well_known,
    });
    mailbox.lists.push(TaskList {
        id,
        properties: properties.as_object().cloned().unwrap_or_default(),
        tasks: Vec::new(),
    });
    mailbox.lists.len() - 1
}

fn add_task(
    world: &World,
    state: &mut State,
    place: &Place<'_>,
    title: &str,
    link: Option<(&str, &str)>,
) {
    let number = place.number;
    let label = format!("{} task {} {number}", place.owner.email, place.list);
    let mut properties = defaults("2026-11-16T07:45:00Z");
    let mut set = |name: &str, value: Value| properties.insert(name.to_owned(), value);
    let day = |day: usize| json!({"dateTime": format!("2026-11-{day}T00:00:00.0000000"), "timeZone": "UTC"});
    set(
        "title",
        json!(marked(world, title, &format!("{label} title"))),
    );
    let body = marked(world, "Noted in the meeting.", &format!("{label} body"));
    set("body", json!({"content": body, "contentType": "text"}));
    if number < 3 {
        set("dueDateTime", day(25 + number));
    }
    if number == 1 {
        set("importance", json!("high"));
        set("status", json!("inProgress"));
    }
    if number == 3 {
        set("status", json!("completed"));
        set("completedDateTime", day(19));
    }
    let linked = link.map(|(address, key)| {
        let name = format!("{key} Kick-off for the roll-out");
        json!({"id": guid("linked resource", &label), "webUrl": address, "applicationName": "Trefoil",
            "displayName": marked(world, &name, &format!("{label} link")), "externalId": "10042"})
    });
    let mailbox = state.mailbox_mut(&place.owner.oid);
    let id = mailbox.new_id();
    mailbox.lists[place.list].tasks.push(Task {
        id,
        properties,
        linked: linked.into_iter().collect(),
    });
}
